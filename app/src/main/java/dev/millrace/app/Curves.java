package dev.millrace.app;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a picture of a stream shows.
 *
 * @param window over how many examples an accuracy is taken
 * @param examples of the stream so far, at each point
 * @param accuracy at each point, in percent, by the name of the learner; the model's is the first
 * @param spread of the same over several runs, in points; empty for one run
 * @param marks what begins, or is found, at a number of examples
 * @param versions after how many examples each version was made
 */
record Curves(
        long window,
        List<Double> examples,
        Map<String, List<Double>> accuracy,
        Map<String, List<Double>> spread,
        Map<Double, String> marks,
        List<Double> versions) {

    /**
     * Takes them out of a report.
     *
     * @param figures of {@link QualityRun}, or their mean
     * @param deviations of the same figures; empty for one run
     * @return the curves
     */
    static Curves of(Map<String, Object> figures, Map<String, Object> deviations) {
        Map<Double, String> marks = new TreeMap<>();
        if (figures.get("drift") instanceof Map<?, ?> drift) {
            marks.put(number(drift.get("at")), "labels swapped");
        }
        if (figures.get("tasks") instanceof Map<?, ?> tasks) {
            List<Double> ends = numbers(tasks.get("ends"), 1);
            for (int task = 1; task < ends.size(); task++) {
                marks.put(ends.get(task - 1), "task " + (task + 1));
            }
        }
        // What was found differs from run to run, and a mean of it would be found nowhere.
        if (deviations.isEmpty()) {
            numbers(figures.get("driftsFound"), 1).forEach(at -> marks.putIfAbsent(at, "drift found"));
        }
        Map<?, ?> curve = map(figures.get("curve"));
        return new Curves(
                Math.round(number(curve.get("window"))),
                numbers(curve.get("examples"), 1),
                lines(curve),
                lines(map(deviations.get("curve"))),
                marks,
                numbers(figures.get("versionsAt"), 1));
    }

    private static Map<String, List<Double>> lines(Map<?, ?> curve) {
        Map<String, List<Double>> lines = new LinkedHashMap<>();
        map(curve.get("accuracy")).forEach((name, shares) -> lines.put(String.valueOf(name), numbers(shares, 100)));
        return lines;
    }

    private static Map<?, ?> map(@Nullable Object value) {
        return value instanceof Map<?, ?> map ? map : Map.of();
    }

    private static List<Double> numbers(@Nullable Object list, double scale) {
        List<Double> numbers = new ArrayList<>();
        if (list instanceof List<?> values) {
            values.forEach(value -> numbers.add(scale * number(value)));
        }
        return numbers;
    }

    private static double number(@Nullable Object value) {
        return value instanceof Number number ? number.doubleValue() : Double.NaN;
    }
}
