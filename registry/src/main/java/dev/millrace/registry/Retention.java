package dev.millrace.registry;

import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which artifacts are still needed. Pure functions of the registry. */
public final class Retention {

    /** Roles that begin so hold what only training needs: optimizer moments, rehearsal buffer, and the like. */
    public static final String TRAINING_STATE = "training-state";

    private Retention() {}

    /**
     * The training state of a model that can be deleted, since training goes on from a newer version.
     *
     * <p>A file is left out when it is also part of anything that stays: of a newer version, of another model, or under
     * another role, for the same content is kept once. Files that were deleted before are named again.
     *
     * @param registry what there is
     * @param model whose state
     * @param keep of how many of the newest versions the state stays, at least 1
     * @return what to delete, each content once
     */
    public static Collection<Artifact> superseded(ModelRegistry registry, String model, int keep) {
        if (keep < 1) {
            throw new IllegalArgumentException("keep must be >= 1, but is " + keep);
        }
        List<VersionRecord> versions = registry.versions(model);
        long oldestKept = versions.size() <= keep
                ? 0
                : versions.get(versions.size() - keep).version();
        Set<String> staying = new HashSet<>();
        Map<String, Artifact> superseded = new LinkedHashMap<>();
        for (String name : registry.models()) {
            for (VersionRecord version : registry.versions(name)) {
                boolean old = name.equals(model) && version.version() < oldestKept;
                for (Artifact artifact : version.artifacts()) {
                    if (old && artifact.role().startsWith(TRAINING_STATE)) {
                        superseded.putIfAbsent(artifact.sha256(), artifact);
                    } else {
                        staying.add(artifact.sha256());
                    }
                }
            }
        }
        superseded.keySet().removeAll(staying);
        return List.copyOf(superseded.values());
    }

    /**
     * The digests that versions name, for {@link FolderArtifactStore#sweep}.
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
            for (VersionRecord version : registry.versions(model)) {
                version.artifacts().forEach(artifact -> inUse.add(artifact.sha256()));
            }
        }
        return inUse;
    }
}
