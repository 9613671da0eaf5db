package dev.millrace.registry;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.security.DigestInputStream;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that what was checked is what is loaded. A file that only its owner, who is us or root, can change is read
 * where it lies. Any other is copied into a folder that nobody else can enter, and checked while it is copied. For one
 * thread.
 */
final class PrivateFiles implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(PrivateFiles.class);

    private static final int OTHERS_WRITE = 0022;
    private static final int STICKY = 01000;

    private final Map<String, Path> copies = new HashMap<>();
    private @Nullable Path folder;

    /**
     * A file that nobody else can change.
     *
     * @param artifact which one
     * @param stored where the store has it, checked a moment ago
     */
    Path of(Artifact artifact, Path stored) throws IOException {
        if (isOurs(stored)) {
            return stored;
        }
        Path copied = copies.get(artifact.sha256());
        if (copied == null) {
            copied = copy(artifact, stored);
            copies.put(artifact.sha256(), copied);
        }
        return copied;
    }

    /** Deletes the copies that are not of these digests. */
    void keep(Set<String> sha256) {
        for (String one : List.copyOf(copies.keySet())) {
            Path copy = copies.get(one);
            if (!sha256.contains(one) && copy != null) {
                copies.remove(one);
                delete(copy);
            }
        }
    }

    @Override
    public void close() {
        keep(Set.of());
        if (folder != null) {
            delete(folder);
        }
    }

    private Path copy(Artifact artifact, Path stored) throws IOException {
        Path copy = folder().resolve(artifact.sha256());
        DigestInputStream in = new DigestInputStream(
                Files.newInputStream(stored, LinkOption.NOFOLLOW_LINKS), DigestingFile.newSha256());
        try (in;
                OutputStream out = Files.newOutputStream(copy)) {
            in.transferTo(out);
        }
        String sha256 = HexFormat.of().formatHex(in.getMessageDigest().digest());
        if (!sha256.equals(artifact.sha256())) {
            delete(copy);
            throw new ArtifactException(
                    "artifact '" + artifact.role() + "' was changed while it was read: the SHA-256 of"
                            + " its bytes is now " + sha256 + "; others may write where the store keeps it");
        }
        return copy;
    }

    private Path folder() throws IOException {
        if (folder == null) {
            // Made with rights for its owner alone.
            folder = Files.createTempDirectory("millrace-");
        }
        return folder;
    }

    /** Whether nobody but us and root can change a file, or put another in its place. */
    private boolean isOurs(Path file) throws IOException {
        Path real = file.toRealPath();
        if (!real.getFileSystem().supportedFileAttributeViews().contains("unix")) {
            return false;
        }
        UserPrincipal us = Files.getOwner(folder());
        for (Path path = real; path != null; path = path.getParent()) {
            int mode = number(path, "unix:mode");
            boolean owned = number(path, "unix:uid") == 0
                    || Files.getOwner(path, LinkOption.NOFOLLOW_LINKS).equals(us);
            boolean fixed = (mode & OTHERS_WRITE) == 0 || (!path.equals(real) && (mode & STICKY) != 0);
            if (!owned || !fixed) {
                return false;
            }
        }
        return true;
    }

    private static int number(Path path, String attribute) throws IOException {
        return (Integer) Objects.requireNonNull(Files.getAttribute(path, attribute, LinkOption.NOFOLLOW_LINKS));
    }

    private static void delete(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.warn("{} stays behind: {}", path, e.toString());
        }
    }
}
