package dev.millrace.registry;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Copies of artifacts on this machine's disk, for those whose bytes lie elsewhere or in another form. Thread-safe.
 *
 * <p>Those that were not asked for longest go first when all together pass the capacity, but never the newest eight: whoever
 * has just been given a path must find the file there.
 */
final class LocalCopies {

    private static final Duration LEFT_BY_OTHERS = Duration.ofDays(1);
    private static final int NEWEST = 8;

    private final FolderArtifactStore folder;
    private final long capacityBytes;
    private final Map<String, Artifact> byLastUse = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

    private LocalCopies(FolderArtifactStore folder, long capacityBytes) {
        this.folder = folder;
        this.capacityBytes = capacityBytes;
    }

    /**
     * Opens a folder of copies; those that earlier processes left there more than a day ago are removed.
     *
     * @param folder for them alone; created when missing
     * @param capacityBytes of all together
     */
    static LocalCopies open(Path folder, long capacityBytes, Clock clock) throws IOException {
        FolderArtifactStore copies = FolderArtifactStore.open(folder, clock);
        copies.sweep(sha256 -> true, LEFT_BY_OTHERS);
        return new LocalCopies(copies, capacityBytes);
    }

    /** The copy of an artifact, checked, or empty when there is none that is whole. */
    Optional<Path> find(Artifact artifact) throws IOException {
        Artifact copy = copyOf(artifact);
        try {
            Path path = folder.fetch(copy);
            used(copy);
            return Optional.of(path);
        } catch (ArtifactException e) {
            return Optional.empty();
        }
    }

    /** Makes a copy of bytes nobody has digested yet. */
    Artifact put(String role, ArtifactStore.Content content) throws IOException {
        Artifact copy = folder.put(role, content);
        used(copy);
        return copy;
    }

    /**
     * Makes the copy of an artifact.
     *
     * @param content what should be its bytes
     * @param source where they come from, for messages
     * @return its path
     * @throws ArtifactException when they are not its bytes
     */
    Path put(Artifact artifact, ArtifactStore.Content content, String source) throws IOException {
        Artifact copy = put(artifact.role(), content);
        if (!copy.sha256().equals(artifact.sha256())) {
            forget(copy);
            throw new ArtifactException("artifact '" + artifact.role() + "' at " + source
                    + " is damaged: the SHA-256 of its bytes is " + copy.sha256() + "; restore the file");
        }
        return folder.fetch(copy);
    }

    /** Removes the copy of an artifact, if there is one. */
    void forget(Artifact artifact) throws IOException {
        synchronized (this) {
            Artifact known = byLastUse.remove(artifact.sha256());
            bytes -= known == null ? 0 : known.size();
        }
        folder.delete(artifact);
    }

    private static Artifact copyOf(Artifact artifact) {
        return new Artifact(
                artifact.role(), artifact.size(), artifact.sha256(), FolderArtifactStore.uri(artifact.sha256()));
    }

    private void used(Artifact copy) throws IOException {
        for (Artifact eldest : use(copy)) {
            folder.delete(eldest);
        }
    }

    private synchronized List<Artifact> use(Artifact copy) {
        if (byLastUse.put(copy.sha256(), copy) == null) {
            bytes += copy.size();
        }
        List<Artifact> leaving = new ArrayList<>();
        var eldest = byLastUse.values().iterator();
        while (bytes > capacityBytes && byLastUse.size() > NEWEST) {
            Artifact gone = eldest.next();
            eldest.remove();
            bytes -= gone.size();
            leaving.add(gone);
        }
        return leaving;
    }
}
