package dev.millrace.app;

import java.util.Optional;

/**
 * A line that a child of {@code bench kill} or {@code bench trainers} writes to its standard output before it goes on, so
 * that its parent knows where it was when it died.
 *
 * @param kind what begins or has ended
 * @param what the role of a file; or a model, and what there is to say of it in numbers, separated by blanks
 */
record Announcement(Kind kind, String what) {

    /** Nothing else on the standard output of a process begins so. */
    private static final String MARK = "@millrace ";

    /** What a child tells. */
    enum Kind {
        /** A model is trained here from now on: the model, the examples that it goes on from. */
        OPENED,
        /** A model is trained here no more. */
        CLOSED,
        /** A mini-batch is learned: the model, its examples since the base, microseconds of computing. */
        TRAINED,
        /** A file of a checkpoint is about to be written. */
        WRITE_BEGUN,
        /** That file is durable. */
        WRITE_ENDED,
        /** The transaction of a version is about to begin: the model, the version's number, its examples. */
        TRANSACTION_BEGUN,
        /** That transaction is committed: the same. */
        TRANSACTION_ENDED
    }

    String line() {
        return MARK + kind + " " + what;
    }

    /** The model that it is about. */
    String model() {
        return what.split(" ", 2)[0];
    }

    /**
     * A number that is said of the model.
     *
     * @param index which, from 0 on
     */
    long number(int index) {
        return Long.parseLong(what.split(" ", -1)[index + 1]);
    }

    static Optional<Announcement> parse(String line) {
        if (!line.startsWith(MARK)) {
            return Optional.empty();
        }
        String[] words = line.substring(MARK.length()).split(" ", 2);
        return Optional.of(new Announcement(Kind.valueOf(words[0]), words.length > 1 ? words[1] : ""));
    }
}
