package dev.millrace.registry;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * An artifact store that keeps a file which resembles another as what differs from it, in a store beneath. What it hands out
 * is the whole file again, its size and SHA-256 checked like those of the two files that it was made of; it is kept in a
 * folder of this machine, so that it is made once. Thread-safe.
 *
 * <p>Files that were put whole are read as well, so whoever reads may always read through this class. A file that would not
 * become a tenth smaller is kept whole.
 */
public final class DeltaStore implements SweptStore, AutoCloseable {

    private static final double WORTH_IT = 0.9;
    private static final long COPIES_BYTES = 2L << 30;

    private final SweptStore store;
    private final LocalCopies copies;
    private final boolean writing;

    private DeltaStore(SweptStore store, LocalCopies copies, boolean writing) {
        this.store = store;
        this.copies = copies;
        this.writing = writing;
    }

    /**
     * Opens it.
     *
     * @param store beneath, closed with this one
     * @param copies a folder for files that were put together again, up to 2 GiB of them; created when missing
     * @param writing whether files are kept as what differs; such files are read in any case
     * @param clock what the age of such files is measured against
     * @return the store
     * @throws IOException when the folder cannot be created
     */
    public static DeltaStore over(SweptStore store, Path copies, boolean writing, Clock clock) throws IOException {
        return new DeltaStore(store, LocalCopies.open(copies, COPIES_BYTES, clock), writing);
    }

    @Override
    public Artifact put(String role, Content content) throws IOException {
        return store.put(role, content);
    }

    @Override
    public Artifact put(String role, Content content, Likeness likeness) throws IOException {
        if (!writing) {
            return store.put(role, content);
        }
        Artifact base = likeness.base();
        Path on = store.fetch(base);
        Artifact whole = copies.put(role, content);
        Path file = copies.find(whole).orElseThrow(() -> new IOException("the file just written is gone"));
        Artifact differences = store.put(role, out -> DeltaFile.write(out, file, on, likeness));
        if (differences.size() > WORTH_IT * whole.size()) {
            store.delete(differences);
            return store.put(role, content);
        }
        return new Artifact(
                role,
                whole.size(),
                whole.sha256(),
                differences.uri(),
                new Delta(differences.size(), differences.sha256(), base.size(), base.sha256()));
    }

    @Override
    public Path fetch(Artifact artifact) throws IOException {
        Delta delta = artifact.delta();
        if (delta == null) {
            return store.fetch(artifact);
        }
        // The differences are asked for even when they are not needed: what the store has lost is not served.
        Path differences = store.fetch(differences(artifact, delta));
        Optional<Path> copy = copies.find(artifact);
        if (copy.isPresent()) {
            return copy.get();
        }
        Path base = store.fetch(new Artifact(
                "base of " + artifact.role(),
                delta.baseSize(),
                delta.baseSha256(),
                FolderArtifactStore.uri(delta.baseSha256())));
        return copies.put(
                artifact, out -> DeltaFile.restore(out, differences, base, artifact, delta), differences.toString());
    }

    private static Artifact differences(Artifact artifact, Delta delta) {
        return new Artifact(artifact.role(), delta.size(), delta.sha256(), artifact.uri());
    }

    @Override
    public void delete(Artifact artifact) throws IOException {
        Delta delta = artifact.delta();
        store.delete(delta == null ? artifact : differences(artifact, delta));
        copies.forget(artifact);
    }

    @Override
    public Swept sweep(Predicate<String> unneeded, Duration olderThan) throws IOException {
        return store.sweep(unneeded, olderThan);
    }

    @Override
    public Swept sweepable(Predicate<String> unneeded, Duration olderThan) throws IOException {
        return store.sweepable(unneeded, olderThan);
    }

    @Override
    public void close() {
        if (store instanceof S3ArtifactStore closeable) {
            closeable.close();
        }
    }

    /** {@return the store beneath, for people} */
    @Override
    public String toString() {
        return store.toString();
    }
}
