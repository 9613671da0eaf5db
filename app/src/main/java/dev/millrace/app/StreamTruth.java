package dev.millrace.app;

import dev.millrace.ingest.LabelledExample;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What was right along a stream, by which the answers of all learners are judged alike.
 *
 * @param given the labels as they were learned, in the order of the ledger
 * @param right the labels as they should have been; the same, but where there is noise
 * @param swapAt how many examples of the ledger came before labels swapped their names, if they did
 */
record StreamTruth(List<String> given, List<String> right, OptionalInt swapAt) {

    private static final int RECOVERY_WINDOW = 500;
    private static final int CURVE_WINDOW = 500;
    private static final int LEAST_CURVE_WINDOW = 10;
    private static final int WINDOWS_A_STREAM = 5;
    private static final int POINTS = 200;

    /**
     * Finds the examples of a stream again in the ledger, from which duplicates are missing.
     *
     * @param stream as it was sent
     * @param ledger what came of it
     * @return the truth about the ledger
     */
    static StreamTruth of(StreamPlan.Drawn stream, List<LabelledExample> ledger) {
        List<StreamedExample> sent = stream.all();
        Map<String, Integer> places = new HashMap<>();
        for (int place = 0; place < sent.size(); place++) {
            places.putIfAbsent(sent.get(place).id(), place);
        }
        List<String> right = new ArrayList<>();
        int beforeSwap = 0;
        for (LabelledExample example : ledger) {
            int place = Objects.requireNonNull(places.get(example.id()), example.id());
            right.add(sent.get(place).trueLabel());
            if (stream.swap().isPresent() && place < stream.swap().get().from()) {
                beforeSwap++;
            }
        }
        return new StreamTruth(
                ledger.stream().map(LabelledExample::label).toList(),
                right,
                stream.swap().isPresent() ? OptionalInt.of(beforeSwap) : OptionalInt.empty());
    }

    /** How many examples a window beside the swap holds: 500, or as many as there are on either side of it. */
    int recoveryWindow() {
        return Math.min(RECOVERY_WINDOW, Math.min(swapAt.orElse(0), given.size() - swapAt.orElse(0)));
    }

    /**
     * The prequential figures of a learner.
     *
     * @param answers one for each example of the ledger
     * @return figures by name
     */
    Map<String, Object> figures(List<String> answers) {
        PrequentialAnswers asGiven = new PrequentialAnswers(given, answers);
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("prequential", asGiven.accuracy());
        figures.put("prequentialLastQuarter", asGiven.lastQuarter());
        figures.put("quarters", asGiven.quarters());
        if (!right.equals(given)) {
            PrequentialAnswers clean = new PrequentialAnswers(right, answers);
            figures.put("prequentialClean", clean.accuracy());
            figures.put("quartersClean", clean.quarters());
        }
        if (swapAt.isPresent()) {
            OptionalInt recovery =
                    recoveryWindow() == 0 ? OptionalInt.empty() : asGiven.recovery(swapAt.getAsInt(), recoveryWindow());
            figures.put(
                    "accuracyBeforeSwap", asGiven.accuracy(swapAt.getAsInt() - recoveryWindow(), swapAt.getAsInt()));
            figures.put("recoveryExamples", orNull(recovery));
        }
        return figures;
    }

    private static @Nullable Integer orNull(OptionalInt value) {
        return value.isPresent() ? value.getAsInt() : null;
    }

    /**
     * The curves of learners, sampled alike.
     *
     * @param learners their answers by name
     * @return the window, the number of examples up to the end of each, and the accuracies over them by name; with noise
     *     against the right labels
     */
    Map<String, Object> curve(Map<String, List<String>> learners) {
        int size = given.size();
        int window = Math.min(size, Math.min(CURVE_WINDOW, Math.max(LEAST_CURVE_WINDOW, size / WINDOWS_A_STREAM)));
        List<Integer> ends = new ArrayList<>();
        for (int point = 0; point <= POINTS; point++) {
            ends.add(window + (int) ((long) (size - window) * point / POINTS));
        }
        Map<String, Object> accuracies = new LinkedHashMap<>();
        learners.forEach(
                (name, answers) -> accuracies.put(name, new PrequentialAnswers(right, answers).sliding(ends, window)));
        Map<String, Object> curve = new LinkedHashMap<>();
        curve.put("window", window);
        curve.put("examples", ends);
        curve.put("accuracy", accuracies);
        return curve;
    }
}
