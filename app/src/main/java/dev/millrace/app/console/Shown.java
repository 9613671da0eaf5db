package dev.millrace.app.console;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Figures as people read them. */
final class Shown {

    /** What stands where there is no figure. */
    static final String NONE = "–";

    private Shown() {}

    /** A share as a percentage with one decimal, such as {@code 78.3%}. */
    static String share(@Nullable Double share) {
        return share == null || share.isNaN() ? NONE : String.format(Locale.ROOT, "%.1f%%", 100 * share);
    }

    /** A whole number in groups of three, such as {@code 12,345}. */
    static String count(@Nullable Long count) {
        return count == null ? NONE : String.format(Locale.ROOT, "%,d", count);
    }

    /** How often a second, such as {@code 24} or {@code 0.3}. */
    static String rate(double perSecond) {
        return String.format(Locale.ROOT, perSecond < 9.95 ? "%.1f" : "%,.0f", perSecond);
    }

    /** The number of a version. */
    static String version(@Nullable Long version) {
        return version == null ? NONE : Long.toString(version);
    }

    /** A moment to the second, in UTC, such as {@code 2026-11-24 10:00:00 UTC}. */
    static String time(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS).toString().replace('T', ' ').replace("Z", " UTC");
    }

    /** A figure with three significant digits. */
    static String figure(@Nullable Double figure) {
        return figure == null || figure.isNaN() ? NONE : String.format(Locale.ROOT, "%.3g", figure);
    }

    /** An age in its largest unit, such as {@code 12 s} or {@code 3 h}. */
    static String age(@Nullable Duration age) {
        if (age == null) {
            return NONE;
        }
        long seconds = Math.max(0, age.toSeconds());
        if (seconds < 120) {
            return seconds + " s";
        }
        if (seconds < 2 * 60 * 60) {
            return seconds / 60 + " min";
        }
        return seconds < 48 * 60 * 60 ? seconds / 3600 + " h" : seconds / 86_400 + " d";
    }
}
