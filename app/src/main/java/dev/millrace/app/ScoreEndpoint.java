package dev.millrace.app;

import dev.millrace.model.QueueFullException;
import dev.millrace.model.ScoringTimeoutException;
import dev.millrace.registry.Problem;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Answers {@code POST /v1/score}: reads the request, finds the model, asks its {@link Scorer}. Thread-safe.
 *
 * @param scorers by model
 * @param unnamed the model that is meant where a request names none, or null where each must name one
 * @param later finds the scorer of a model whose job was created since
 * @param maxTextCharacters of a text that is admitted
 */
record ScoreEndpoint(
        Map<String, Scorer> scorers,
        @Nullable String unnamed,
        Function<String, Optional<Scorer>> later,
        int maxTextCharacters) {

    ScoreEndpoint {
        scorers = Map.copyOf(scorers);
    }

    /** Models of which the only one need not be named. */
    ScoreEndpoint(Map<String, Scorer> scorers, Function<String, Optional<Scorer>> later, int maxTextCharacters) {
        this(scorers, scorers.size() == 1 ? scorers.keySet().iterator().next() : null, later, maxTextCharacters);
    }

    /**
     * Answers a request.
     *
     * @param body JSON
     * @return the answer
     * @throws Problem 400 when the request is malformed, 404 when the model is not known, 503 while no version of it is
     *     served, or too many texts wait, or time is up
     */
    ScoreResponse score(byte[] body) {
        return score(ScoreRequest.parse(body, maxTextCharacters));
    }

    /** Answers a request that was read already; its problems are those of the other. */
    ScoreResponse score(ScoreRequest request) {
        String model = model(request);
        Scorer scorer = Optional.ofNullable(scorers.get(model))
                .or(() -> later.apply(model))
                .orElseThrow(() -> new Problem(404, "there is no model \"" + model + "\" here; " + known()));
        return answer(scorer, request)
                .orElseThrow(() ->
                        new Problem(503, "no version of model \"" + model + "\" is served yet; try again shortly"));
    }

    private static Optional<ScoreResponse> answer(Scorer scorer, ScoreRequest request) {
        try {
            return scorer.score(request.texts(), request.top());
        } catch (QueueFullException | ScoringTimeoutException e) {
            throw new Problem(503, e.getMessage() + "; try again shortly");
        }
    }

    private String model(ScoreRequest request) {
        if (request.model() != null) {
            return request.model();
        }
        if (scorers.isEmpty()) {
            throw new Problem(404, "this process serves no model; it was started without the role score");
        }
        if (unnamed == null) {
            throw new Problem(400, "\"model\" must be given, for several are served; " + known());
        }
        return unnamed;
    }

    private String known() {
        return "served here: " + String.join(", ", new TreeMap<>(scorers).keySet());
    }
}
