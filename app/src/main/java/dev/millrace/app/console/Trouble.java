package dev.millrace.app.console;

/**
 * Something that is wrong.
 *
 * @param name of what it is wrong with
 * @param problem what is wrong, since when, and what to do
 */
public record Trouble(String name, String problem) {}
