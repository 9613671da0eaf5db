package dev.millrace.app;

import dev.millrace.trainer.Recipe;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The key of a setting that one model has otherwise than the rest: {@code jobs.MODEL.KEY}, such as
 * {@code jobs.fraud.trainer.batch-size}.
 *
 * @param model whose
 * @param key of the general setting
 */
record JobKey(String model, String key) {

    static final String PREFIX = "jobs.";

    /** The group of settings that most of these keys are of. */
    static final String GROUP = "Recipe of learning";

    /** How such keys are written in the reference, and what they are. */
    static final String PATTERN = "jobs.MODEL.trainer.*";

    static final String TEXT =
            "What one of `models` has otherwise than the rest: `trainer.base`, `trainer.base-head`, or any setting of the"
                    + " recipe, such as `jobs.fraud.trainer.batch-size`. Models with the same base share it in memory,"
                    + " and what its frozen layers made of texts.";

    /** What a model may have otherwise: its base, and how it learns. */
    static final TreeSet<String> KEYS = keys();

    private static TreeSet<String> keys() {
        TreeSet<String> keys = new TreeSet<>();
        Stream.concat(Stream.of("base", "base-head"), Recipe.settings().stream().map(setting -> setting.name()))
                .forEach(name -> keys.add(SettingsTable.TRAINER + name));
        keys.add(CopiedModels.KEY);
        return keys;
    }

    /** Reads a key; empty when it is none of these. The name of a model may have dots in it. */
    static Optional<JobKey> of(String written) {
        if (!written.startsWith(PREFIX)) {
            return Optional.empty();
        }
        return KEYS.stream()
                .filter(key -> written.endsWith("." + key) && written.length() > PREFIX.length() + key.length() + 1)
                .map(key -> new JobKey(written.substring(PREFIX.length(), written.length() - key.length() - 1), key))
                .findFirst();
    }

    @Override
    public String toString() {
        return PREFIX + model + "." + key;
    }
}
