package dev.millrace.app;

import java.util.Locale;

/** The orders of a stream that a benchmark can be asked for. */
enum StreamOrder {
    /** Drawn from the seed. */
    RANDOM,
    /** One label after the other, each in random order inside. */
    BY_LABEL,
    /** That of the examples' times and of the file. */
    TIME;

    /** The name on the command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
