package dev.millrace.app;

import dev.millrace.ingest.TextProbe;
import dev.millrace.model.Tokenizer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tokenizers of all models, each of which is there once for those that have the same base and bound of tokens; those of
 * models whose jobs are created later come when their first examples do.
 */
final class Tokenizers implements TextProbe, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Tokenizers.class);

    private record Kind(String base, int maxTokens) {}

    private final Map<Kind, Tokenizer> opened = new HashMap<>();
    private final Map<String, Tokenizer> byModel = new ConcurrentHashMap<>();
    private final Path directory;
    private final CatalogJobs created;

    private Tokenizers(Path directory, CatalogJobs created) {
        this.directory = directory;
        this.created = created;
    }

    /**
     * Opens them.
     *
     * @param settings of the models
     * @param directory that paths start from
     * @param created jobs beside those of the settings
     * @return them; the caller closes them
     * @throws CommandException when a base cannot be read
     */
    static Tokenizers of(Settings settings, Path directory, CatalogJobs created) {
        Tokenizers all = new Tokenizers(directory, created);
        try {
            for (String model : settings.models()) {
                all.open(model, settings.forModel(model));
            }
            return all;
        } catch (RuntimeException e) {
            all.close();
            throw e;
        }
    }

    private synchronized void open(String model, Settings own) {
        Kind kind = new Kind(own.trainer().base(), own.recipe().maxTokens());
        byModel.put(model, opened.computeIfAbsent(kind, missing -> Learning.tokenizer(own, directory)));
    }

    @Override
    public boolean knows(String model) {
        Optional<Settings> own = created.settingsOf(model);
        try {
            own.ifPresent(settings -> open(model, settings));
            return own.isPresent();
        } catch (CommandException e) {
            LOG.error("No examples are taken for {}, whose job was created: {}", model, e.getMessage());
            return false;
        }
    }

    @Override
    public boolean hasTokens(String model, String text) {
        Tokenizer tokenizer = byModel.get(model);
        return tokenizer == null || tokenizer.hasTokens(text);
    }

    @Override
    public synchronized void close() {
        opened.values().forEach(Tokenizer::close);
    }
}
