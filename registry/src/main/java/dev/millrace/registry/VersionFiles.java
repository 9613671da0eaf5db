package dev.millrace.registry;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The files of a version that a loader reads: checked, no pickles, and where nobody else can change them. For one thread. */
final class VersionFiles implements AutoCloseable {

    private final ArtifactStore store;
    private final VersionLoader<?> loader;
    private final PrivateFiles kept = new PrivateFiles();

    VersionFiles(ArtifactStore store, VersionLoader<?> loader) {
        this.store = store;
        this.loader = loader;
    }

    /** A checked file for each role that the loader reads, valid until the next call. */
    Map<String, Path> fetch(VersionRecord version) throws IOException {
        Map<String, Path> files = new HashMap<>();
        Set<String> digests = new HashSet<>();
        for (String role : loader.roles()) {
            Artifact artifact = version.artifact(role)
                    .orElseThrow(
                            () -> new ArtifactException("version " + version.version() + " of model " + version.model()
                                    + " has no file with the role '" + role + "', which is needed to serve it"));
            files.put(role, fetch(artifact));
            digests.add(artifact.sha256());
        }
        for (String role : loader.optionalRoles()) {
            Optional<Artifact> artifact = version.artifact(role);
            if (artifact.isPresent()) {
                files.put(role, fetch(artifact.get()));
                digests.add(artifact.get().sha256());
            }
        }
        kept.keep(digests);
        return Map.copyOf(files);
    }

    private Path fetch(Artifact artifact) throws IOException {
        Pickles.refuseRole(artifact.role());
        Path file = kept.of(artifact, store.fetch(artifact));
        Pickles.refuse(artifact.role(), file);
        return file;
    }

    @Override
    public void close() {
        kept.close();
    }
}
