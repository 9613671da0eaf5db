package dev.millrace.registry;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the registry's topic says: models, their versions, and the aliases that point at them. Immutable.
 *
 * <p>It depends on the last value of each key only, so a compacted topic and a full one give the same view. Hence a key
 * whose last value cannot be read counts as absent and as a {@linkplain #problems() problem}, even where an earlier
 * value could be read.
 */
public final class ModelRegistry {

    /**
     * A record that could not be read; it does not stop the others from being read.
     *
     * @param offset where it lies in the topic
     * @param key its key as text, for people
     * @param what why it could not be read
     */
    public record Problem(long offset, String key, String what) {}

    private static final ModelRegistry EMPTY = new ModelRegistry(Map.of(), Map.of(), List.of());

    private final NavigableMap<String, NavigableMap<Long, VersionRecord>> versions = new TreeMap<>();
    private final NavigableMap<String, NavigableMap<String, Alias>> aliases = new TreeMap<>();
    private final List<Problem> problems;

    ModelRegistry(
            Map<String, NavigableMap<Long, VersionRecord>> versions,
            Map<String, NavigableMap<String, Alias>> aliases,
            Collection<Problem> problems) {
        versions.forEach((model, all) -> this.versions.put(model, new TreeMap<>(all)));
        aliases.forEach((model, all) -> this.aliases.put(model, new TreeMap<>(all)));
        this.problems = List.copyOf(problems);
    }

    /**
     * The view of an empty topic.
     *
     * @return a registry without models
     */
    public static ModelRegistry empty() {
        return EMPTY;
    }

    /**
     * This view after one more record. To fold many, {@code RegistryReader} is faster.
     *
     * @param offset where the record lies in the topic
     * @param key of the record
     * @param value of the record, or null for a tombstone, which removes what was under the key
     * @return the view with it; this one is left as it is
     */
    public ModelRegistry with(long offset, byte @Nullable [] key, byte @Nullable [] value) {
        RegistryFold fold = new RegistryFold();
        versions.forEach((model, all) -> all.values().forEach(fold::put));
        aliases.forEach((model, all) -> all.values().forEach(fold::put));
        problems.forEach(fold::put);
        fold.apply(offset, key, value);
        return fold.view();
    }

    /**
     * The models that have a version or an alias.
     *
     * @return their names, sorted
     */
    public NavigableSet<String> models() {
        NavigableSet<String> models = new TreeSet<>(versions.keySet());
        models.addAll(aliases.keySet());
        return Collections.unmodifiableNavigableSet(models);
    }

    /**
     * The versions of a model.
     *
     * @param model its name
     * @return oldest first; empty for a model that is not known
     */
    public List<VersionRecord> versions(String model) {
        return List.copyOf(versionsOf(model).values());
    }

    /**
     * One version of a model.
     *
     * @param model its name
     * @param version its number
     * @return that version, or empty when there is none
     */
    public Optional<VersionRecord> version(String model, long version) {
        return Optional.ofNullable(versionsOf(model).get(version));
    }

    /**
     * The version of a model with the highest number.
     *
     * @param model its name
     * @return that version, or empty when the model has none
     */
    public Optional<VersionRecord> latest(String model) {
        return Optional.ofNullable(versionsOf(model).lastEntry()).map(Map.Entry::getValue);
    }

    /**
     * An alias of a model.
     *
     * @param model its name
     * @param alias its name
     * @return the alias, or empty when there is none; the version it points at may be gone
     */
    public Optional<Alias> alias(String model, String alias) {
        return Optional.ofNullable(aliasesOf(model).get(alias));
    }

    /**
     * The aliases of a model.
     *
     * @param model its name
     * @return sorted by name; empty for a model that is not known
     */
    public List<Alias> aliases(String model) {
        return List.copyOf(aliasesOf(model).values());
    }

    /**
     * The version that a name stands for.
     *
     * @param model the model's name
     * @param name an alias such as {@code champion}, {@code latest}, or a version's number such as {@code 12}
     * @return that version, or empty when there is none of that name
     */
    public Optional<VersionRecord> resolve(String model, String name) {
        if (name.equals(RegistryKey.LATEST)) {
            return latest(model);
        }
        if (RegistryKey.NUMBER_PATTERN.matcher(name).matches()) {
            return version(model, Long.parseLong(name));
        }
        return alias(model, name).flatMap(alias -> version(model, alias.version()));
    }

    /**
     * The keys whose last value could not be read.
     *
     * @return in the order in which they were met; empty when everything was read
     */
    public List<Problem> problems() {
        return problems;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ModelRegistry that
                && versions.equals(that.versions)
                && aliases.equals(that.aliases)
                && problems.equals(that.problems);
    }

    @Override
    public int hashCode() {
        return 31 * versions.hashCode() + aliases.hashCode();
    }

    @Override
    public String toString() {
        return "ModelRegistry[versions=" + versions + ", aliases=" + aliases + ", problems=" + problems + "]";
    }

    private NavigableMap<Long, VersionRecord> versionsOf(String model) {
        return versions.getOrDefault(model, Collections.emptyNavigableMap());
    }

    private NavigableMap<String, Alias> aliasesOf(String model) {
        return aliases.getOrDefault(model, Collections.emptyNavigableMap());
    }
}
