package dev.millrace.app;

import dev.millrace.ingest.TextProbe;
import dev.millrace.model.Tokenizer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The tokenizers of all models, each of which is there once for those that have the same base and bound of tokens. */
final class Tokenizers implements TextProbe, AutoCloseable {

    private record Kind(String base, int maxTokens) {}

    private final Map<Kind, Tokenizer> opened = new HashMap<>();
    private final Map<String, Tokenizer> byModel = new HashMap<>();

    private Tokenizers() {}

    /**
     * Opens them.
     *
     * @param settings of the models
     * @param directory that paths start from
     * @return them; the caller closes them
     * @throws CommandException when a base cannot be read
     */
    static Tokenizers of(Settings settings, Path directory) {
        Tokenizers all = new Tokenizers();
        try {
            for (String model : settings.models()) {
                Settings own = settings.forModel(model);
                Kind kind = new Kind(own.trainer().base(), own.recipe().maxTokens());
                all.byModel.put(model, all.opened.computeIfAbsent(kind, missing -> Learning.tokenizer(own, directory)));
            }
            return all;
        } catch (RuntimeException e) {
            all.close();
            throw e;
        }
    }

    @Override
    public boolean hasTokens(String model, String text) {
        Tokenizer tokenizer = byModel.get(model);
        return tokenizer == null || tokenizer.hasTokens(text);
    }

    @Override
    public void close() {
        opened.values().forEach(Tokenizer::close);
    }
}
