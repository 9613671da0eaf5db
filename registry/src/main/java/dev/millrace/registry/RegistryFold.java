package dev.millrace.registry;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Folds the records of the topic, in their order, into a {@link ModelRegistry}. For one thread. */
final class RegistryFold implements TopicTail.Fold {

    private static final Logger LOG = LoggerFactory.getLogger(RegistryFold.class);

    private static final int MAX_KEY_CHARACTERS_SHOWN = 220;

    private final Map<String, ModelEntries> models = new TreeMap<>();
    private final Map<String, ModelRegistry.Problem> problems = new LinkedHashMap<>();
    private @Nullable ModelRegistry view = ModelRegistry.empty();

    @Override
    public void apply(long offset, byte @Nullable [] key, byte @Nullable [] value) {
        view = null;
        String shown = shown(key);
        problems.remove(shown);
        try {
            if (key == null) {
                throw new RegistryFormatException("the record has no key");
            }
            apply(RegistryKey.parse(key), value);
        } catch (RegistryFormatException e) {
            ModelRegistry.Problem problem = new ModelRegistry.Problem(offset, shown, String.valueOf(e.getMessage()));
            put(problem);
            LOG.warn("Registry record at offset {} with key '{}' is left out: {}", offset, shown, problem.what());
        }
    }

    /** Takes over what another fold has found of a model; it is changed from here on. */
    void put(String model, ModelEntries entries) {
        view = null;
        models.put(model, entries);
    }

    void put(ModelRegistry.Problem problem) {
        view = null;
        problems.put(problem.key(), problem);
    }

    @Override
    public void clear() {
        view = ModelRegistry.empty();
        models.clear();
        problems.clear();
    }

    ModelRegistry view() {
        ModelRegistry current = view;
        if (current == null) {
            current = new ModelRegistry(models, problems.values());
            view = current;
        }
        return current;
    }

    private void apply(RegistryKey key, byte @Nullable [] value) {
        // First out, then in: a value that cannot be read must not leave the one before it, which compaction removes.
        remove(key);
        if (value == null) {
            return;
        }
        RegistryEntry entry = key.read(value);
        requireSame(key, RegistryKey.of(entry));
        key.put(models.computeIfAbsent(key.model(), model -> new ModelEntries()), entry);
    }

    private void remove(RegistryKey key) {
        models.computeIfPresent(key.model(), (model, entries) -> {
            key.remove(entries);
            return entries.isEmpty() ? null : entries;
        });
    }

    private static void requireSame(RegistryKey key, RegistryKey ofValue) {
        if (!key.equals(ofValue)) {
            throw new RegistryFormatException("the value is that of '" + ofValue + "'");
        }
    }

    private static String shown(byte @Nullable [] key) {
        if (key == null) {
            return "";
        }
        String text = new String(key, StandardCharsets.UTF_8);
        return text.length() <= MAX_KEY_CHARACTERS_SHOWN ? text : text.substring(0, MAX_KEY_CHARACTERS_SHOWN) + "…";
    }
}
