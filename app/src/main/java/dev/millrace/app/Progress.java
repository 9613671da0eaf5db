package dev.millrace.app;

import java.time.Duration;

/** Shows a person how far something is: a bar in a terminal, a line now and then elsewhere. For use by one thread. */
interface Progress extends AutoCloseable {

    /**
     * How far it is.
     *
     * @param done of the total
     */
    void to(long done);

    /**
     * What else to show beside the numbers.
     *
     * @param text short; replaces the last one
     */
    void note(String text);

    /** Shows the last state for good. */
    @Override
    void close();

    /**
     * Begins to show.
     *
     * @param around says whether there is a terminal, and what time it is
     * @param task a word or two
     * @param unit what is counted, in the plural
     * @param total how many there will be, or -1 when nobody knows
     */
    static Progress begin(Surroundings around, String task, String unit, long total) {
        return around.terminal()
                ? new ProgressOnTerminal(task, unit, total)
                : new ProgressInLines(around, task, unit, total, Duration.ofSeconds(10));
    }
}
