package dev.millrace.app;

import dev.millrace.model.TextScoring;
import java.util.function.BooleanSupplier;

/**
 * A model that answers inputs.
 *
 * @param scoring answers with the version that serves
 * @param isServed whether one serves
 */
record AnsweringModel(TextScoring<ServedVersion> scoring, BooleanSupplier isServed) {}
