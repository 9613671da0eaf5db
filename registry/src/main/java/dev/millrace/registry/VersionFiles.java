package dev.millrace.registry;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The files of a version that a loader reads. For one thread. */
final class VersionFiles {

    private final ArtifactStore store;
    private final VersionLoader<?> loader;

    VersionFiles(ArtifactStore store, VersionLoader<?> loader) {
        this.store = store;
        this.loader = loader;
    }

    /** A checked file for each role that the loader reads. */
    Map<String, Path> fetch(VersionRecord version) throws IOException {
        Map<String, Path> files = new HashMap<>();
        for (String role : loader.roles()) {
            Artifact artifact = version.artifact(role)
                    .orElseThrow(
                            () -> new ArtifactException("version " + version.version() + " of model " + version.model()
                                    + " has no file with the role '" + role + "', which is needed to serve it"));
            files.put(role, store.fetch(artifact));
        }
        for (String role : loader.optionalRoles()) {
            Optional<Artifact> artifact = version.artifact(role);
            if (artifact.isPresent()) {
                files.put(role, store.fetch(artifact.get()));
            }
        }
        return Map.copyOf(files);
    }
}
