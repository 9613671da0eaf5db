package dev.millrace.monitoring;

/**
 * Something to read.
 *
 * @param title above it
 * @param markdown the text
 * @param width in columns
 * @param height in rows of the grid
 */
record Text(String title, String markdown, int width, int height) implements Tile {}
