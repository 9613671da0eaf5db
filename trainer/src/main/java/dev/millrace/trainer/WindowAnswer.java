package dev.millrace.trainer;

/**
 * How a version answered an example that is held out.
 *
 * @param correct whether with its label
 * @param confidence in the answer, from 0 to 1
 */
record WindowAnswer(boolean correct, double confidence) {}
