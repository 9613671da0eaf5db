package dev.millrace.monitoring;

/** What lies on a dashboard: something measured, or something to read. */
sealed interface Tile permits Panel, Text {

    /** {@return what stands above it} */
    String title();

    /** {@return how many of the 24 columns it takes} */
    int width();

    /** {@return how many rows of the grid it takes} */
    int height();
}
