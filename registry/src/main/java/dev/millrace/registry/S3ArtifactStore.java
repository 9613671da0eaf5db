package dev.millrace.registry;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/**
 * An artifact store in an S3-compatible service: each file is the object {@code sha256/ab/abcd…} below a prefix, its key
 * being its digest. Needs {@code software.amazon.awssdk:s3} and {@code url-connection-client} on the class path.
 *
 * <p>Credentials come from where the AWS SDK looks for them: environment variables, system properties, profiles, roles.
 * Objects are put whole, which S3 makes visible at once or not at all, up to 5 GB each; putting the same file twice is
 * harmless. What is fetched is copied to this machine's disk first, and handed out only when size and SHA-256 of the copy are
 * right. A copy that is here already is used as long as the service says that the object is the same, and also when the
 * service cannot be reached.
 *
 * <p><b>Sweeping beside writers.</b> Before it removes a file, a sweep leaves a note beside it, then looks at its age once
 * more. Whoever puts a file looks for such a note afterwards, and then whether the file is there. So either the sweep sees
 * that the file is young again, or the put fails and can be repeated. A note that a sweep left when it was killed counts for
 * five minutes.
 */
public final class S3ArtifactStore implements SweptStore, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(S3ArtifactStore.class);

    private static final Pattern STORED = Pattern.compile("sha256/([0-9a-f]{2})/(\\1[0-9a-f]{62})");
    private static final String CONDEMNED = "condemned/";
    private static final Duration CONDEMNED_FOR = Duration.ofMinutes(5);
    private static final Duration STILL_YOUNG = Duration.ofMinutes(10);
    private static final long LARGEST_BYTES = 5L << 30;
    private static final long COPIES_BYTES = 4L << 30;
    private static final int BUFFER_BYTES = 1 << 16;

    private final S3Location where;
    private final S3Objects objects;
    private final LocalCopies copies;
    private final Clock clock;

    private S3ArtifactStore(S3Location where, S3Objects objects, LocalCopies copies, Clock clock) {
        this.where = where;
        this.objects = objects;
        this.copies = copies;
        this.clock = clock;
    }

    /**
     * Opens a store; asks nothing of the service yet.
     *
     * @param where it is
     * @param copies a folder for copies of its files, up to 4 GiB of them; created when missing
     * @param clock what {@link #sweep} measures ages against
     * @return the store, to be closed
     * @throws IOException when the folder cannot be created, or no region is known
     */
    public static S3ArtifactStore open(S3Location where, Path copies, Clock clock) throws IOException {
        return open(where, copies, clock, builder -> {});
    }

    static S3ArtifactStore open(S3Location where, Path copies, Clock clock, Consumer<S3ClientBuilder> more)
            throws IOException {
        LocalCopies local = LocalCopies.open(copies, COPIES_BYTES, clock);
        return new S3ArtifactStore(where, S3Objects.open(where, more), local, clock);
    }

    @Override
    public Artifact put(String role, Content content) throws IOException {
        Artifact artifact = copies.put(role, content);
        if (artifact.size() > LARGEST_BYTES) {
            throw new IOException("artifact '" + role + "' has " + artifact.size() + " bytes, but " + where + " takes "
                    + LARGEST_BYTES + " at most; keep it in a folder");
        }
        Path file = copies.find(artifact).orElseThrow(() -> gone(artifact));
        Optional<S3Objects.Head> there = objects.head(artifact.uri());
        if (there.isEmpty() || !isSame(artifact, there.get())) {
            objects.put(artifact.uri(), file, artifact.sha256());
        } else if (there.get().modified().isBefore(clock.instant().minus(STILL_YOUNG))) {
            objects.touch(artifact.uri(), artifact.sha256());
        }
        requireNotCondemned(artifact);
        return artifact;
    }

    private void requireNotCondemned(Artifact artifact) throws IOException {
        Optional<S3Objects.Head> note = objects.head(CONDEMNED + artifact.sha256());
        Optional<S3Objects.Head> object = objects.head(artifact.uri());
        boolean condemned = note.isPresent()
                && object.isPresent()
                && note.get()
                        .modified()
                        .plus(CONDEMNED_FOR)
                        .isAfter(object.get().modified());
        if (object.isEmpty() || condemned) {
            throw new IOException("artifact '" + artifact.role() + "' is being swept out of " + where
                    + " at this moment; put it again");
        }
    }

    @Override
    public Path fetch(Artifact artifact) throws IOException {
        FolderArtifactStore.requireOwnPlace(artifact);
        Optional<Path> copy = copies.find(artifact);
        if (copy.isPresent() && isStillThere(artifact)) {
            return copy.get();
        }
        return objects.read(artifact.uri(), bytes -> {
                    long size = bytes.response().contentLength();
                    if (size != artifact.size()) {
                        bytes.abort();
                        throw new ArtifactException("artifact '" + artifact.role() + "' at " + place(artifact)
                                + " must have " + artifact.size() + " bytes, but has " + size + "; restore the file");
                    }
                    return copies.put(artifact, out -> copy(bytes, out, artifact), place(artifact));
                })
                .orElseThrow(() -> gone(artifact));
    }

    /** Whether the object is the one that was put, as far as the service can be asked. */
    private boolean isStillThere(Artifact artifact) throws IOException {
        Optional<S3Objects.Head> head;
        try {
            head = objects.head(artifact.uri());
        } catch (IOException e) {
            LOG.warn("Using the copy of '{}' that is here: {}", artifact.role(), e.getMessage());
            return true;
        }
        if (head.isEmpty()) {
            copies.forget(artifact);
            throw gone(artifact);
        }
        return isSame(artifact, head.get());
    }

    private static boolean isSame(Artifact artifact, S3Objects.Head head) {
        return head.size() == artifact.size() && artifact.sha256().equals(head.sha256());
    }

    private static void copy(InputStream in, OutputStream out, Artifact artifact) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        long left = artifact.size();
        while (left > 0) {
            int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
            if (count < 0) {
                throw new EOFException("the bytes of '" + artifact.role() + "' ended " + left + " too early");
            }
            out.write(buffer, 0, count);
            left -= count;
        }
    }

    @Override
    public void delete(Artifact artifact) throws IOException {
        objects.delete(FolderArtifactStore.uri(artifact.sha256()));
        copies.forget(artifact);
    }

    @Override
    public Swept sweep(Predicate<String> unneeded, Duration olderThan) throws IOException {
        Instant youngest = clock.instant().minus(olderThan);
        Swept swept = Swept.NOTHING;
        for (Stored stored : old(unneeded, youngest)) {
            String note = CONDEMNED + stored.sha256;
            objects.putEmpty(note);
            Optional<S3Objects.Head> now = objects.head(stored.key);
            if (now.isPresent() && now.get().modified().isBefore(youngest)) {
                objects.delete(stored.key);
                swept = swept.and(stored.size);
            }
            objects.delete(note);
        }
        List<String> notes = new ArrayList<>();
        objects.list(CONDEMNED, (key, object) -> {
            if (object.lastModified().isBefore(youngest)) {
                notes.add(key);
            }
        });
        for (String note : notes) {
            objects.delete(note);
        }
        return swept;
    }

    @Override
    public Swept sweepable(Predicate<String> unneeded, Duration olderThan) throws IOException {
        Swept swept = Swept.NOTHING;
        for (Stored stored : old(unneeded, clock.instant().minus(olderThan))) {
            swept = swept.and(stored.size);
        }
        return swept;
    }

    private record Stored(String key, String sha256, long size) {}

    private List<Stored> old(Predicate<String> unneeded, Instant youngest) throws IOException {
        List<Stored> old = new ArrayList<>();
        objects.list("sha256/", (key, object) -> {
            var name = STORED.matcher(key);
            if (name.matches()
                    && unneeded.test(name.group(2))
                    && object.lastModified().isBefore(youngest)) {
                old.add(new Stored(key, name.group(2), object.size()));
            }
        });
        return old;
    }

    private ArtifactException gone(Artifact artifact) {
        return new ArtifactException("artifact '" + artifact.role() + "' is gone: there is no " + place(artifact)
                + "; restore the file, or publish a new version");
    }

    private String place(Artifact artifact) {
        return "s3://" + where.bucket() + "/" + where.prefix() + artifact.uri();
    }

    @Override
    public void close() {
        objects.close();
    }

    /** {@return the location, for people} */
    @Override
    public String toString() {
        return where.toString();
    }
}
