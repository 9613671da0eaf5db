package dev.millrace.monitoring;

import java.util.List;

/**
 * Something measured. None is made without saying what it is called, what it means and in which unit it is.
 *
 * @param kind how it is drawn
 * @param title above it
 * @param description what it shows, and what its rise or fall means
 * @param unit of its values
 * @param width in columns
 * @param height in rows of the grid
 * @param queries its lines; at least one
 * @param base the colour below the first threshold
 * @param thresholds in rising order; may be empty
 */
record Panel(
        Kind kind,
        String title,
        String description,
        Unit unit,
        int width,
        int height,
        List<Query> queries,
        String base,
        List<Threshold> thresholds)
        implements Tile {

    /** How a panel is drawn. */
    enum Kind {
        /** One large value. */
        STAT("stat"),
        /** Lines over time. */
        LINES("timeseries"),
        /** One bar for each series, of now. */
        BARS("bargauge"),
        /** The labels of each series, of now. */
        TABLE("table");

        private final String grafana;

        Kind(String grafana) {
            this.grafana = grafana;
        }

        String grafana() {
            return grafana;
        }
    }

    private static final String PLAIN = "text";

    Panel {
        if (title.isBlank() || description.length() < 20) {
            throw new IllegalArgumentException("the panel '" + title + "' must be called and explained");
        }
        if (queries.isEmpty()) {
            throw new IllegalArgumentException("the panel '" + title + "' needs a query");
        }
        queries = List.copyOf(queries);
        thresholds = List.copyOf(thresholds);
    }

    static Panel stat(String title, Unit unit, String description, String expression) {
        return new Panel(
                Kind.STAT, title, description, unit, 4, 4, List.of(new Query(expression, title)), PLAIN, List.of());
    }

    static Panel lines(String title, Unit unit, String description, Query... queries) {
        return new Panel(Kind.LINES, title, description, unit, 8, 8, List.of(queries), PLAIN, List.of());
    }

    static Panel bars(String title, Unit unit, String description, Query query) {
        return new Panel(Kind.BARS, title, description, unit, 8, 8, List.of(query), PLAIN, List.of());
    }

    static Panel table(String title, Unit unit, String description, Query query) {
        return new Panel(Kind.TABLE, title, description, unit, 16, 8, List.of(query), PLAIN, List.of());
    }

    /** The same, green, and yellow and red from these values on. */
    Panel badFrom(double yellow, double red) {
        return coloured("green", List.of(new Threshold(yellow, "yellow"), new Threshold(red, "red")));
    }

    /** The same, green, and red from this value on. */
    Panel badFrom(double red) {
        return coloured("green", List.of(new Threshold(red, "red")));
    }

    /** The same, red, and yellow and green from these values on. */
    Panel goodFrom(double yellow, double green) {
        return coloured("red", List.of(new Threshold(yellow, "yellow"), new Threshold(green, "green")));
    }

    private Panel coloured(String colour, List<Threshold> from) {
        return new Panel(kind, title, description, unit, width, height, queries, colour, from);
    }
}
