package dev.millrace.monitoring;

import java.util.List;

/**
 * A page of Grafana.
 *
 * @param name of its file, and behind {@code millrace-} its address
 * @param title above it
 * @param description what it answers
 * @param rows from top to bottom
 */
record Dashboard(String name, String title, String description, List<Row> rows) {

    /**
     * Tiles under a heading, from left to right.
     *
     * @param title the heading
     * @param tiles under it
     */
    record Row(String title, List<Tile> tiles) {

        Row {
            tiles = List.copyOf(tiles);
        }

        static Row of(String title, Tile... tiles) {
            return new Row(title, List.of(tiles));
        }
    }

    Dashboard {
        rows = List.copyOf(rows);
    }
}
