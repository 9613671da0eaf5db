package dev.millrace.registry;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An artifact store in a folder: each file lies at {@code sha256/ab/abcd…}, its path being its digest.
 *
 * <p>A file is written beside, in {@code tmp}, made durable, and renamed; so under a digest there is a whole file or none,
 * whatever crashes. Several threads and processes may use one folder at once, if all of them may write there.
 *
 * <p><b>What is trusted.</b> {@link #fetch} derives the path from the digest and never follows a symbolic link. It hashes
 * a file once in the life of this object, and again whenever the file's size, time of modification or identity (inode)
 * has changed. So it finds each damage that happened before, but not one that is done later by something that writes into
 * the file in place and keeps its time (or does so within the same tick of the file system's clock, some milliseconds
 * after the file was checked). Whoever can do that can change this process's models in other ways too.
 */
public final class FolderArtifactStore implements SweptStore {

    private record Verified(
            long size, FileTime modified, @Nullable Object fileKey) {

        static Verified of(BasicFileAttributes attributes) {
            return new Verified(attributes.size(), attributes.lastModifiedTime(), attributes.fileKey());
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(FolderArtifactStore.class);

    private static final String SHA_256 = "sha256";
    private static final Pattern STORED = Pattern.compile("[0-9a-f]{64}");
    private static final int BUFFER_BYTES = 1 << 16;

    private final Path root;
    private final Path temporary;
    private final Clock clock;
    private final Disk disk;
    private final Map<Path, Verified> verified = new ConcurrentHashMap<>();

    /** Puts share it; what removes holds it alone, so that no put finds a file which is about to go. */
    private final ReadWriteLock removal = new ReentrantReadWriteLock();

    private FolderArtifactStore(Path root, Clock clock, Disk disk) {
        this.root = root;
        this.temporary = root.resolve("tmp");
        this.clock = clock;
        this.disk = disk;
    }

    /**
     * Opens a store.
     *
     * @param folder where it is; created when missing
     * @return the store
     * @throws IOException when the folder cannot be created
     */
    public static FolderArtifactStore open(Path folder) throws IOException {
        return open(folder, Clock.systemUTC());
    }

    /**
     * Opens a store with a clock of its own.
     *
     * @param folder where it is; created when missing
     * @param clock what {@link #sweep} measures ages against
     * @return the store
     * @throws IOException when the folder cannot be created
     */
    public static FolderArtifactStore open(Path folder, Clock clock) throws IOException {
        return open(folder, clock, new LocalDisk());
    }

    static FolderArtifactStore open(Path folder, Clock clock, Disk disk) throws IOException {
        disk.ensureFolder(folder.toAbsolutePath().normalize());
        FolderArtifactStore store = new FolderArtifactStore(folder.toRealPath(), clock, disk);
        disk.ensureFolder(store.temporary);
        disk.ensureFolder(store.root.resolve(SHA_256));
        return store;
    }

    @Override
    public Artifact put(String role, Content content) throws IOException {
        Path beside = temporary.resolve(ProcessHandle.current().pid() + "-" + UUID.randomUUID());
        try {
            long size;
            String sha256;
            try (Disk.NewFile written = disk.create(beside)) {
                DigestingFile file = new DigestingFile(written);
                content.writeTo(file);
                file.makeDurable();
                size = file.size();
                sha256 = file.sha256();
            }
            Artifact artifact = new Artifact(role, size, sha256, uri(sha256));
            removal.readLock().lock();
            try {
                moveIntoPlace(beside, artifact);
            } finally {
                removal.readLock().unlock();
            }
            return artifact;
        } finally {
            disk.delete(beside);
        }
    }

    @Override
    public Path fetch(Artifact artifact) throws IOException {
        requireOwnPlace(artifact);
        Path path = path(artifact.sha256());
        try {
            verify(artifact, path);
        } catch (NoSuchFileException e) {
            ArtifactException gone = new ArtifactException("artifact '" + artifact.role() + "' is gone: there is no "
                    + path + "; restore the file, or publish a new version");
            gone.initCause(e);
            throw gone;
        }
        return path;
    }

    @Override
    public void delete(Artifact artifact) throws IOException {
        removal.writeLock().lock();
        try {
            remove(path(artifact.sha256()));
        } finally {
            removal.writeLock().unlock();
        }
    }

    @Override
    public Swept sweep(Predicate<String> unneeded, Duration olderThan) throws IOException {
        Instant youngest = clock.instant().minus(olderThan);
        Swept swept = Swept.NOTHING;
        for (Path path : candidates(unneeded)) {
            removal.writeLock().lock();
            try {
                long size = attributes(path).size();
                if (isOld(path, youngest)) {
                    remove(path);
                    swept = swept.and(size);
                }
            } catch (NoSuchFileException e) {
                LOG.debug("{} was removed by somebody else", path);
            } finally {
                removal.writeLock().unlock();
            }
        }
        return swept;
    }

    @Override
    public Swept sweepable(Predicate<String> unneeded, Duration olderThan) throws IOException {
        Instant youngest = clock.instant().minus(olderThan);
        Swept swept = Swept.NOTHING;
        for (Path path : candidates(unneeded)) {
            try {
                if (isOld(path, youngest)) {
                    swept = swept.and(attributes(path).size());
                }
            } catch (NoSuchFileException e) {
                LOG.debug("{} was removed by somebody else", path);
            }
        }
        return swept;
    }

    private static boolean isOld(Path path, Instant youngest) throws IOException {
        BasicFileAttributes attributes = attributes(path);
        return attributes.isRegularFile()
                && attributes.lastModifiedTime().toInstant().isBefore(youngest);
    }

    private List<Path> candidates(Predicate<String> unneeded) throws IOException {
        List<Path> candidates = new ArrayList<>(disk.list(temporary));
        for (Path prefix : disk.list(root.resolve(SHA_256))) {
            if (Files.isDirectory(prefix, LinkOption.NOFOLLOW_LINKS)) {
                disk.list(prefix).stream()
                        .filter(path -> isStored(path) && unneeded.test(fileName(path)))
                        .forEach(candidates::add);
            }
        }
        return candidates;
    }

    private boolean isStored(Path path) {
        String name = fileName(path);
        return STORED.matcher(name).matches() && path.equals(path(name));
    }

    private void moveIntoPlace(Path beside, Artifact artifact) throws IOException {
        Path path = path(artifact.sha256());
        Path folder = root.resolve(SHA_256).resolve(artifact.sha256().substring(0, 2));
        disk.ensureFolder(folder);
        if (!folder.toRealPath().equals(folder)) {
            throw new IOException(folder + " lies behind a symbolic link, which is not followed; replace the link");
        }
        if (isIntact(artifact, path)) {
            disk.setTime(path, clock.instant());
        } else {
            disk.rename(beside, path);
        }
        verified.put(path, Verified.of(attributes(path)));
        // Also where the file was here already: who made it may not have come so far yet.
        disk.force(folder);
    }

    private boolean isIntact(Artifact artifact, Path path) throws IOException {
        try {
            verify(artifact, path);
            return true;
        } catch (NoSuchFileException e) {
            return false;
        } catch (ArtifactException e) {
            LOG.warn("Replacing a damaged file: {}", e.getMessage());
            return false;
        }
    }

    private void verify(Artifact artifact, Path path) throws IOException {
        if (!path.toRealPath().equals(path)) {
            throw new ArtifactException("artifact '" + artifact.role() + "' lies behind a symbolic link at " + path
                    + ", which is not followed; replace the link by the file");
        }
        BasicFileAttributes attributes = attributes(path);
        if (attributes.size() != artifact.size()) {
            throw new ArtifactException("artifact '" + artifact.role() + "' at " + path + " must have "
                    + artifact.size() + " bytes, but has " + attributes.size() + "; restore the file");
        }
        Verified now = Verified.of(attributes);
        if (now.equals(verified.get(path))) {
            return;
        }
        String sha256 = sha256(path);
        if (!sha256.equals(artifact.sha256())) {
            throw new ArtifactException("artifact '" + artifact.role() + "' at " + path
                    + " is damaged: the SHA-256 of its bytes is " + sha256 + "; restore the file");
        }
        verified.put(path, now);
    }

    private void remove(Path path) throws IOException {
        verified.remove(path);
        disk.delete(path);
    }

    private Path path(String sha256) {
        return root.resolve(uri(sha256));
    }

    /** Refuses a record that points anywhere but where the digest of the file puts it. */
    static void requireOwnPlace(Artifact artifact) throws ArtifactException {
        String uri = uri(artifact.sha256());
        if (!artifact.uri().equals(uri)) {
            throw new ArtifactException("artifact '" + artifact.role() + "' says it is at '" + artifact.uri()
                    + "', but its digest puts it at '" + uri
                    + "'; its record is damaged or was not written by this store");
        }
    }

    /** {@return where a file is kept, relative to a store} */
    static String uri(String sha256) {
        return SHA_256 + "/" + sha256.substring(0, 2) + "/" + sha256;
    }

    private static String fileName(Path path) {
        return String.valueOf(path.getFileName());
    }

    private static BasicFileAttributes attributes(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }

    private String sha256(Path path) throws IOException {
        MessageDigest digest = DigestingFile.newSha256();
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream in = disk.read(path)) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                digest.update(buffer, 0, count);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** {@return the folder, for people} */
    @Override
    public String toString() {
        return root.toString();
    }
}
