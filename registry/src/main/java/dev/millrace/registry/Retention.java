package dev.millrace.registry;

import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/** Which artifacts are still needed. Pure functions of the registry. */
public final class Retention {

    /** Roles that begin so hold what only training needs: optimizer moments, rehearsal buffer, and the like. */
    public static final String TRAINING_STATE = "training-state";

    /** The role of a file that is served and holds single examples: the embeddings of their texts, and their labels. */
    public static final String VOTERS = "voters";

    private Retention() {}

    /**
     * What can be deleted of a model: the training state of versions from which training does not go on, and whatever else
     * holds examples that a model had to forget.
     *
     * <p>Only versions in the line of the newest one count: that one, its parent, the parent's parent, and so on. The others
     * are what a model was before it had to forget something. Their state still holds tokens of what was to be forgotten,
     * and their voters its embeddings, so these are named too, but not where an alias says that such a version is served.
     * Versions from before a record of the line that is missing are left alone.
     *
     * <p>A file is left out when it is also part of anything that stays: of a newer version, of another model, or under
     * another role, for the same content is kept once. Files that were deleted before are named again.
     *
     * @param registry what there is
     * @param model whose state
     * @param keep of how many versions of the line, from the newest on, the state stays, at least 1
     * @return what to delete, each content once
     */
    public static Collection<Artifact> superseded(ModelRegistry registry, String model, int keep) {
        if (keep < 1) {
            throw new IllegalArgumentException("keep must be >= 1, but is " + keep);
        }
        Set<Long> kept = newestOfTheLine(registry, model, keep);
        Set<Long> served = newestOfTheLine(registry, model, Integer.MAX_VALUE);
        registry.aliases(model).forEach(alias -> served.add(alias.version()));
        registry.pins(model).forEach(pin -> served.add(pin.version()));
        Set<String> staying = new HashSet<>();
        Map<String, Artifact> superseded = new LinkedHashMap<>();
        for (String name : registry.models()) {
            for (VersionRecord version : registry.versions(name)) {
                for (Artifact artifact : version.artifacts()) {
                    Set<Long> needing = artifact.role().startsWith(TRAINING_STATE)
                            ? kept
                            : artifact.role().equals(VOTERS) ? served : Set.of(version.version());
                    if (name.equals(model) && !needing.contains(version.version())) {
                        superseded.putIfAbsent(artifact.files().get(0), artifact);
                    } else {
                        staying.addAll(artifact.files());
                    }
                }
            }
        }
        superseded.keySet().removeAll(staying);
        return List.copyOf(superseded.values());
    }

    private static Set<Long> newestOfTheLine(ModelRegistry registry, String model, int keep) {
        Set<Long> kept = new HashSet<>();
        Optional<VersionRecord> next = registry.latest(model);
        while (next.isPresent() && kept.size() < keep) {
            VersionRecord version = next.get();
            kept.add(version.version());
            Long parent = version.parent();
            next = parent == null ? Optional.empty() : registry.version(model, parent);
            if (parent != null && next.isEmpty() && kept.size() < keep) {
                // Nobody can tell what was in the line before a record that is gone, and deleting cannot be undone.
                registry.versions(model).stream()
                        .map(VersionRecord::version)
                        .filter(before -> before < parent)
                        .forEach(kept::add);
            }
        }
        return kept;
    }

    /**
     * What a sweep may remove: whatever {@link #inUse} does not name.
     *
     * @param registry what there is
     * @return whether a file may go, by its SHA-256
     * @throws IllegalStateException if some records could not be read, for they may name files that must stay
     */
    public static Predicate<String> unneeded(ModelRegistry registry) {
        Set<String> inUse = inUse(registry);
        return sha256 -> !inUse.contains(sha256);
    }

    /**
     * What a sweep may remove of one model: files that its versions name, and that {@link #inUse} does not.
     *
     * @param registry what there is
     * @param model whose
     * @return whether a file may go, by its SHA-256
     * @throws IllegalStateException if some records could not be read, for they may name files that must stay
     */
    public static Predicate<String> unneededOf(ModelRegistry registry, String model) {
        Set<String> named = new HashSet<>();
        registry.versions(model).forEach(version -> addFiles(version, named));
        return unneeded(registry).and(named::contains);
    }

    /**
     * The digests of all files that some version needs which is not retired, to which an alias or a pin leads, or from which
     * training goes on.
     *
     * @param registry what there is
     * @return SHA-256 digests in hexadecimal
     * @throws IllegalStateException if some records could not be read, for they may name files that must stay
     */
    public static Set<String> inUse(ModelRegistry registry) {
        if (!registry.problems().isEmpty()) {
            throw new IllegalStateException("cannot tell which artifacts are in use, because "
                    + registry.problems().size() + " records of the registry cannot be read, the first of them "
                    + registry.problems().get(0) + "; overwrite or remove these keys first");
        }
        Set<String> inUse = new HashSet<>();
        for (String model : registry.models()) {
            Set<Long> led = new HashSet<>();
            registry.latest(model).ifPresent(newest -> led.add(newest.version()));
            registry.aliases(model).forEach(alias -> led.add(alias.version()));
            registry.pins(model).forEach(pin -> led.add(pin.version()));
            for (VersionRecord version : registry.versions(model)) {
                if (led.contains(version.version())
                        || registry.retirement(model, version.version()).isEmpty()) {
                    addFiles(version, inUse);
                }
            }
        }
        return inUse;
    }

    private static void addFiles(VersionRecord version, Set<String> files) {
        version.artifacts().forEach(artifact -> files.addAll(artifact.files()));
    }
}
