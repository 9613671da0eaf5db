package dev.millrace.app;

import java.util.List;

/**
 * What {@code POST /v1/score} answers.
 *
 * @param model that answered: the one that was asked, or its successor
 * @param version of it
 * @param predictions one for each text, in their order
 */
record ScoreResponse(String model, long version, List<Prediction> predictions) {

    ScoreResponse {
        predictions = List.copyOf(predictions);
    }

    /**
     * The answer to one text.
     *
     * @param label the likeliest
     * @param confidence in it, from 0 to 1
     * @param top the likeliest labels, best first, the first of them {@code label}
     */
    record Prediction(String label, double confidence, List<Ranked> top) {

        Prediction {
            top = List.copyOf(top);
        }
    }

    /**
     * A label and how much the model believes in it.
     *
     * @param label a name
     * @param confidence from 0 to 1
     */
    record Ranked(String label, double confidence) {}
}
