package dev.millrace.registry;

import java.util.List;

/**
 * What a file has in common with another one that is in the store already.
 *
 * @param base the other file, kept whole
 * @param matches in the order of the file, none over another
 */
public record Likeness(Artifact base, List<Match> matches) {

    /** How the numbers of the two files are written, little-endian. */
    public enum Form {
        /** Float32 in both. */
        FLOAT32(Float.BYTES),
        /** Bfloat16 in the file, float32 in the base. */
        BFLOAT16(Short.BYTES);

        private final int bytes;

        Form(int bytes) {
            this.bytes = bytes;
        }

        int bytes() {
            return bytes;
        }
    }

    /**
     * Numbers that are much the same in both.
     *
     * @param at where they begin in the file
     * @param from where they begin in the base
     * @param count how many
     * @param form how they are written
     */
    public record Match(long at, long from, long count, Form form) {

        public Match {
            if (at < 0 || from < 0 || count < 0 || count > Long.MAX_VALUE / Float.BYTES - Math.max(at, from)) {
                throw new IllegalArgumentException("at, from and count must be >= 0 and lie in a file, but are " + at
                        + ", " + from + " and " + count);
            }
        }

        long end() {
            return at + count * form.bytes();
        }
    }

    public Likeness {
        matches = List.copyOf(matches);
        if (base.delta() != null) {
            throw new IllegalArgumentException("base must be kept whole, but is a delta itself: " + base);
        }
        requireOrder(matches);
    }

    static void requireOrder(List<Match> matches) {
        long end = 0;
        for (Match match : matches) {
            if (match.at() < end) {
                throw new IllegalArgumentException("matches must follow one another, but one begins at " + match.at()
                        + ", before the last one ends at " + end);
            }
            end = match.end();
        }
    }
}
