package dev.millrace.registry;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the registry's topic says: models, their versions, the aliases that point at them, and what was decided of both.
 * Immutable.
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

    private static final ModelRegistry EMPTY = new ModelRegistry(Map.of(), List.of());

    private static final ModelEntries NOTHING = new ModelEntries();

    private final NavigableMap<String, ModelEntries> models = new TreeMap<>();
    private final List<Problem> problems;

    ModelRegistry(Map<String, ModelEntries> models, Collection<Problem> problems) {
        models.forEach((model, entries) -> this.models.put(model, entries.copy()));
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
        models.forEach((model, entries) -> fold.put(model, entries.copy()));
        problems.forEach(fold::put);
        fold.apply(offset, key, value);
        return fold.view();
    }

    /**
     * The models of which anything is known.
     *
     * @return their names, sorted
     */
    public NavigableSet<String> models() {
        return Collections.unmodifiableNavigableSet(models.navigableKeySet());
    }

    /**
     * The versions of a model.
     *
     * @param model its name
     * @return oldest first; empty for a model that is not known
     */
    public List<VersionRecord> versions(String model) {
        return List.copyOf(of(model).versions.values());
    }

    /** How many versions a model has. */
    int versionCount(String model) {
        return of(model).versions.size();
    }

    /**
     * The versions of a model with a number below another.
     *
     * @param model its name
     * @param version all have a lower number than this
     * @param limit the most versions to tell of
     * @return newest first; empty for a model that is not known
     */
    public List<VersionRecord> versionsBefore(String model, long version, int limit) {
        return of(model).versions.headMap(version, false).descendingMap().values().stream()
                .limit(limit)
                .toList();
    }

    /**
     * A version and all that it came from.
     *
     * @param version one of this registry
     * @param limit the most versions to tell of, above zero
     * @return the version, its parent, the parent's parent and so on, until one has no parent or its record is gone
     */
    public List<VersionRecord> line(VersionRecord version, int limit) {
        List<VersionRecord> line = new ArrayList<>();
        Optional<VersionRecord> next = Optional.of(version);
        while (next.isPresent() && line.size() < limit) {
            line.add(next.get());
            Long parent = next.get().parent();
            next = parent == null ? Optional.empty() : version(version.model(), parent);
        }
        return line;
    }

    /**
     * One version of a model.
     *
     * @param model its name
     * @param version its number
     * @return that version, or empty when there is none
     */
    public Optional<VersionRecord> version(String model, long version) {
        return Optional.ofNullable(of(model).versions.get(version));
    }

    /**
     * The version of a model with the highest number.
     *
     * @param model its name
     * @return that version, or empty when the model has none
     */
    public Optional<VersionRecord> latest(String model) {
        return Optional.ofNullable(of(model).versions.lastEntry()).map(Map.Entry::getValue);
    }

    /**
     * An alias of a model.
     *
     * @param model its name
     * @param alias its name
     * @return the alias, or empty when there is none; the version it points at may be gone
     */
    public Optional<Alias> alias(String model, String alias) {
        return Optional.ofNullable(of(model).aliases.get(alias));
    }

    /**
     * The aliases of a model.
     *
     * @param model its name
     * @return sorted by name; empty for a model that is not known
     */
    public List<Alias> aliases(String model) {
        return List.copyOf(of(model).aliases.values());
    }

    /**
     * What holds an alias of a model.
     *
     * @param model its name
     * @param alias the alias
     * @return the pin, or empty when the alias is free
     */
    public Optional<Pin> pin(String model, String alias) {
        return Optional.ofNullable(of(model).pins.get(alias));
    }

    /**
     * The pins of a model.
     *
     * @param model its name
     * @return sorted by alias; empty for a model that is not known
     */
    public List<Pin> pins(String model) {
        return List.copyOf(of(model).pins.values());
    }

    /** {@return the jobs that were created at run time, by the names of their models} */
    public List<JobRecord> jobs() {
        return models().stream().flatMap(model -> job(model).stream()).toList();
    }

    /**
     * The job that was created for a model at run time.
     *
     * @param model its name
     * @return the job, or empty when there is none; the settings of trainers may have one all the same
     */
    public Optional<JobRecord> job(String model) {
        return Optional.ofNullable(of(model).job);
    }

    /**
     * What the gate found of a version.
     *
     * @param model the model's name
     * @param version its number
     * @return the verdict, or empty when it was not judged
     */
    public Optional<Verdict> verdict(String model, long version) {
        return Optional.ofNullable(of(model).verdicts.get(version));
    }

    /**
     * Why a version is no longer in use.
     *
     * @param model the model's name
     * @param version its number
     * @return the retirement, or empty when it is in use
     */
    public Optional<Retirement> retirement(String model, long version) {
        return Optional.ofNullable(of(model).retirements.get(version));
    }

    /**
     * The model that is served in the place of another one.
     *
     * @param model whose place
     * @return the cut-over, or empty when it is served itself
     */
    public Optional<Successor> successor(String model) {
        return Optional.ofNullable(of(model).successor);
    }

    /**
     * The version that who follows a name serves: as {@link #resolve} gives it, but where the model has a
     * {@linkplain #successor successor}, that one's under the same name. A version's number is the model's own always.
     *
     * @param model the model's name
     * @param name an alias, {@code latest}, or a version's number
     * @return that version, which may be of another model, or empty when there is none of that name
     */
    public Optional<VersionRecord> followed(String model, String name) {
        return resolve(followedModel(model, name), name);
    }

    /** Of which model the versions are that who follows a name serves. */
    String followedModel(String model, String name) {
        return RegistryKey.NUMBER_PATTERN.matcher(name).matches()
                ? model
                : successor(model).map(Successor::successor).orElse(model);
    }

    /**
     * Where an alias leads: where it is pinned, else where it points.
     *
     * @param model the model's name
     * @param alias the alias
     * @return the number of a version, which may be gone; empty when there is neither alias nor pin
     */
    public OptionalLong target(String model, String alias) {
        Optional<Pin> pin = pin(model, alias);
        if (pin.isPresent()) {
            return OptionalLong.of(pin.get().version());
        }
        return alias(model, alias).stream().mapToLong(Alias::version).findFirst();
    }

    /**
     * The version that a name stands for.
     *
     * @param model the model's name
     * @param name an alias such as {@code champion}, which leads where it is pinned, else where it points; {@code latest};
     *     or a version's number such as {@code 12}
     * @return that version, or empty when there is none of that name
     */
    public Optional<VersionRecord> resolve(String model, String name) {
        if (name.equals(RegistryKey.LATEST)) {
            return latest(model);
        }
        if (RegistryKey.NUMBER_PATTERN.matcher(name).matches()) {
            return version(model, Long.parseLong(name));
        }
        OptionalLong target = target(model, name);
        return target.isPresent() ? version(model, target.getAsLong()) : Optional.empty();
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
        return other instanceof ModelRegistry that && models.equals(that.models) && problems.equals(that.problems);
    }

    @Override
    public int hashCode() {
        return models.hashCode();
    }

    @Override
    public String toString() {
        return "ModelRegistry[models=" + models + ", problems=" + problems + "]";
    }

    private ModelEntries of(String model) {
        return models.getOrDefault(model, NOTHING);
    }
}
