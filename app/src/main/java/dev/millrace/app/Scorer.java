package dev.millrace.app;

import java.util.List;
import java.util.Optional;

/** Answers texts with the labels of one model. Implementations are thread-safe. */
@FunctionalInterface
interface Scorer {

    /**
     * Scores texts, all with the same version.
     *
     * @param texts at least one, none blank
     * @param top how many labels to rank for each text, at least 1; a model with fewer labels ranks all it has
     * @return the answer, a prediction for each text in their order; empty while no version is served yet
     */
    Optional<ScoreResponse> score(List<String> texts, int top);
}
