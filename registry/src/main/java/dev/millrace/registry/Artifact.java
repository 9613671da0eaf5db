package dev.millrace.registry;

import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One file of a version, named by what it holds and found by its digest.
 *
 * @param role what the file is for, such as {@code base}, {@code weights} or {@code tokenizer.json}; unique in a version
 * @param size in bytes
 * @param sha256 of the content, 64 lower-case hexadecimal digits
 * @param uri where the store keeps it, or what differs, relative to the store: {@code sha256/ab/abcd…}
 * @param delta how it is kept when it is not kept whole, or null
 */
public record Artifact(
        String role,
        long size,
        String sha256,
        String uri,
        @Nullable Delta delta) {

    private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");

    public Artifact {
        if (role.isBlank()) {
            throw new IllegalArgumentException("role must not be blank");
        }
        requireFile(size, sha256);
    }

    static void requireFile(long size, String sha256) {
        if (size < 0) {
            throw new IllegalArgumentException("size must be >= 0, but is " + size);
        }
        if (!SHA_256.matcher(sha256).matches()) {
            throw new IllegalArgumentException("sha256 must be 64 lower-case hexadecimal digits, but is " + sha256);
        }
    }

    /**
     * A file that is kept whole.
     *
     * @param role what the file is for
     * @param size in bytes
     * @param sha256 of the content
     * @param uri where the store keeps it
     */
    public Artifact(String role, long size, String sha256, String uri) {
        this(role, size, sha256, uri, null);
    }

    /** {@return the SHA-256 of each file in the store that is needed to have this one} */
    public List<String> files() {
        return delta == null ? List.of(sha256) : List.of(delta.sha256(), delta.baseSha256());
    }
}
