package dev.millrace.app;

import java.time.Duration;
import java.util.Locale;

/** A line every so often, for logs and pipes. */
final class ProgressInLines implements Progress {

    private final Surroundings around;
    private final String task;
    private final String unit;
    private final long total;
    private final long pauseNanos;
    private final long begun;
    private long lastShown;
    private long done;
    private String note = "";

    /**
     * Begins now.
     *
     * @param around where lines go, and the time
     * @param task a word or two
     * @param unit what is counted, in the plural
     * @param total how many there will be, or -1 when nobody knows
     * @param pause between two lines, at least
     */
    ProgressInLines(Surroundings around, String task, String unit, long total, Duration pause) {
        this.around = around;
        this.task = task;
        this.unit = unit;
        this.total = total;
        this.pauseNanos = pause.toNanos();
        this.begun = around.nanoTicker().getAsLong();
        this.lastShown = begun;
    }

    @Override
    public void to(long newDone) {
        done = newDone;
        long now = around.nanoTicker().getAsLong();
        if (now - lastShown >= pauseNanos) {
            lastShown = now;
            show(now);
        }
    }

    @Override
    public void note(String text) {
        note = text;
    }

    @Override
    public void close() {
        show(around.nanoTicker().getAsLong());
    }

    private void show(long now) {
        double seconds = (now - begun) / 1e9;
        String of = total < 0 ? "" : " of " + total;
        String rate = seconds > 0 ? String.format(Locale.ROOT, ", %.0f/s", done / seconds) : "";
        String beside = note.isEmpty() ? "" : ", " + note;
        around.err().println(task + ": " + done + of + " " + unit + rate + beside);
        around.err().flush();
    }
}
