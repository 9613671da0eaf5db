package dev.millrace.app;

/**
 * A value that someone gave a setting.
 *
 * @param value as written
 * @param origin who, in words: a file and line, an environment variable, an option
 */
record Given(String value, String origin) {}
