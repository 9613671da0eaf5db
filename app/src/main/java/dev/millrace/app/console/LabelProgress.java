package dev.millrace.app.console;

import dev.millrace.trainer.ProgressReport.Tally;

/**
 * How the examples of one label were answered. Immutable.
 *
 * @param all since the first report that is known; those that are learned again after a crash are counted again
 * @param before the {@value #WINDOW} or more before the latest
 * @param latest fewer than that
 */
record LabelProgress(Tally all, Tally before, Tally latest) {

    static final int WINDOW = 50;

    static final LabelProgress NONE = new LabelProgress(Tally.NONE, Tally.NONE, Tally.NONE);

    /** How the latest hundred or so were answered: all, while there are fewer. */
    Tally recent() {
        return before.plus(latest);
    }

    LabelProgress plus(Tally news) {
        Tally now = latest.plus(news);
        return now.answered() < WINDOW
                ? new LabelProgress(all.plus(news), before, now)
                : new LabelProgress(all.plus(news), now, Tally.NONE);
    }
}
