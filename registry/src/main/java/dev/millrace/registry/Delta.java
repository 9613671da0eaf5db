package dev.millrace.registry;

/**
 * How the bytes of an artifact are kept when they are kept as what differs from another file. That file is always a whole
 * one, so a chain has one link.
 *
 * @param size of the file with the differences, in bytes
 * @param sha256 of the file with the differences, 64 lower-case hexadecimal digits
 * @param baseSize of the whole file that it builds on, in bytes
 * @param baseSha256 of the whole file that it builds on
 */
public record Delta(long size, String sha256, long baseSize, String baseSha256) {

    public Delta {
        Artifact.requireFile(size, sha256);
        Artifact.requireFile(baseSize, baseSha256);
        if (sha256.equals(baseSha256)) {
            throw new IllegalArgumentException("a delta must build on another file, but names itself: " + sha256);
        }
    }
}
