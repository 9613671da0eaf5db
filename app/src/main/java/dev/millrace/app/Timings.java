package dev.millrace.app;

import java.util.List;
import java.util.Locale;

/**
 * Samples of one figure, in milliseconds or any other unit, in ascending order. Immutable.
 *
 * @param sorted at least one
 */
record Timings(List<Double> sorted) {

    Timings {
        if (sorted.isEmpty()) {
            throw new IllegalArgumentException("there must be at least one sample");
        }
        sorted = sorted.stream().sorted().toList();
    }

    double median() {
        return quantile(0.5);
    }

    /** The smallest sample that at least {@code share} of all do not exceed (nearest rank). */
    double quantile(double share) {
        int rank = (int) Math.ceil(share * sorted.size());
        return sorted.get(Math.max(rank, 1) - 1);
    }

    /** A table of which each row is a name and what {@link #row} says. */
    static TextTable table(String title) {
        return new TextTable(title, "median", "quartiles", "p99");
    }

    void row(String name, TextTable table) {
        table.row(name, text(median()), text(quantile(0.25)) + " to " + text(quantile(0.75)), text(quantile(0.99)));
    }

    private static String text(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.3f" : "%.1f", value);
    }
}
