package dev.millrace.model;

import java.util.List;

/**
 * Answers texts with the version that serves at the moment. Implementations are thread-safe.
 *
 * @param <V> what names a version
 */
@FunctionalInterface
public interface TextScoring<V> {

    /**
     * Answers texts, all with the same version.
     *
     * @param texts at least one, none blank
     * @return the version and a prediction for each text, in their order
     * @throws RuntimeException when they cannot be answered now, such as before a first version serves
     */
    VersionAnswer<V> answer(List<String> texts);
}
