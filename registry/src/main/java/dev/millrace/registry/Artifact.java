package dev.millrace.registry;

import java.util.regex.Pattern;

/**
 * One file of a version, named by what it holds and found by its digest.
 *
 * @param role what the file is for, such as {@code base}, {@code weights} or {@code tokenizer.json}; unique in a version
 * @param size in bytes
 * @param sha256 of the content, 64 lower-case hexadecimal digits
 * @param uri where the store keeps it, relative to the store: {@code sha256/ab/abcd…}
 */
public record Artifact(String role, long size, String sha256, String uri) {

    private static final Pattern SHA_256 = Pattern.compile("[0-9a-f]{64}");

    public Artifact {
        if (role.isBlank()) {
            throw new IllegalArgumentException("role must not be blank");
        }
        if (size < 0) {
            throw new IllegalArgumentException("size must be >= 0, but is " + size);
        }
        if (!SHA_256.matcher(sha256).matches()) {
            throw new IllegalArgumentException("sha256 must be 64 lower-case hexadecimal digits, but is " + sha256);
        }
    }
}
