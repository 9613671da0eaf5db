package dev.millrace.app;

import java.util.Optional;

/**
 * A line that a child of {@code bench kill} writes to its standard output before it goes on, so that its parent knows
 * where it was when it died.
 *
 * @param kind what begins or has ended
 * @param what the role of a file, or a version's number and its examples
 */
record Announcement(Kind kind, String what) {

    /** Nothing else on the standard output of a process begins so. */
    private static final String MARK = "@millrace ";

    /** What a child tells. */
    enum Kind {
        /** The first mini-batch of this process is learned. */
        TRAINED,
        /** A file of a checkpoint is about to be written. */
        WRITE_BEGUN,
        /** That file is durable. */
        WRITE_ENDED,
        /** The transaction of a version is about to begin. */
        TRANSACTION_BEGUN,
        /** That transaction is committed. */
        TRANSACTION_ENDED
    }

    String line() {
        return MARK + kind + " " + what;
    }

    static Optional<Announcement> parse(String line) {
        if (!line.startsWith(MARK)) {
            return Optional.empty();
        }
        String[] words = line.substring(MARK.length()).split(" ", 2);
        return Optional.of(new Announcement(Kind.valueOf(words[0]), words.length > 1 ? words[1] : ""));
    }
}
