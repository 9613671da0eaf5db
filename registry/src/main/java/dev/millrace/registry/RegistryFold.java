package dev.millrace.registry;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Folds the records of the topic, in their order, into a {@link ModelRegistry}. For one thread. */
final class RegistryFold {

    private static final Logger LOG = LoggerFactory.getLogger(RegistryFold.class);

    private static final int MAX_KEY_CHARACTERS_SHOWN = 220;

    private final Map<String, NavigableMap<Long, VersionRecord>> versions = new TreeMap<>();
    private final Map<String, NavigableMap<String, Alias>> aliases = new TreeMap<>();
    private final Map<String, ModelRegistry.Problem> problems = new LinkedHashMap<>();
    private @Nullable ModelRegistry view = ModelRegistry.empty();

    void apply(long offset, byte @Nullable [] key, byte @Nullable [] value) {
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

    void put(VersionRecord version) {
        view = null;
        versions.computeIfAbsent(version.model(), model -> new TreeMap<>()).put(version.version(), version);
    }

    void put(Alias alias) {
        view = null;
        aliases.computeIfAbsent(alias.model(), model -> new TreeMap<>()).put(alias.alias(), alias);
    }

    void put(ModelRegistry.Problem problem) {
        view = null;
        problems.put(problem.key(), problem);
    }

    /** Forgets everything, to begin again at the first record. */
    void clear() {
        view = ModelRegistry.empty();
        versions.clear();
        aliases.clear();
        problems.clear();
    }

    ModelRegistry view() {
        ModelRegistry current = view;
        if (current == null) {
            current = new ModelRegistry(versions, aliases, problems.values());
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
        if (key instanceof RegistryKey.VersionKey) {
            VersionRecord version = RegistryJson.readVersion(value);
            requireSame(key, RegistryKey.of(version));
            put(version);
        } else {
            Alias alias = RegistryJson.readAlias(value);
            requireSame(key, RegistryKey.of(alias));
            put(alias);
        }
    }

    private void remove(RegistryKey key) {
        if (key instanceof RegistryKey.VersionKey version) {
            versions.computeIfPresent(version.model(), (model, all) -> {
                all.remove(version.version());
                return all.isEmpty() ? null : all;
            });
        } else if (key instanceof RegistryKey.AliasKey alias) {
            aliases.computeIfPresent(alias.model(), (model, all) -> {
                all.remove(alias.alias());
                return all.isEmpty() ? null : all;
            });
        }
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
