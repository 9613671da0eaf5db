package dev.millrace.app;

/**
 * What {@code millrace doctor} found out about one thing.
 *
 * @param thing what it is about, such as {@code topic model-registry}
 * @param level how bad it is
 * @param what how things are
 * @param advice what to do about it; empty where nothing has to be done
 */
record Finding(String thing, Level level, String what, String advice) {

    /** How bad, the better first. */
    enum Level {
        /** As it should be. */
        OK,
        /** Works, but somebody should know. */
        WARNING,
        /** Millrace cannot do its work like this. */
        PROBLEM
    }

    static Finding ok(String thing, String what) {
        return new Finding(thing, Level.OK, what, "");
    }

    static Finding warning(String thing, String what, String advice) {
        return new Finding(thing, Level.WARNING, what, advice);
    }

    static Finding problem(String thing, String what, String advice) {
        return new Finding(thing, Level.PROBLEM, what, advice);
    }
}
