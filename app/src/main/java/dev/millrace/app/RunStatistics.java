package dev.millrace.app;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Mean and spread of the figures of several runs, figure by figure, through maps and lists. */
final class RunStatistics {

    private RunStatistics() {}

    /**
     * The mean of each number.
     *
     * @param runs figures by name, alike in shape
     * @return the same shape; what is no number stays where all runs have the same, and a figure that a run does not have
     *     is null
     */
    static Map<String, Object> mean(List<Map<String, Object>> runs) {
        return combined(runs, RunStatistics::mean, true);
    }

    /**
     * The sample standard deviation of each number, with n − 1 in its denominator.
     *
     * @param runs figures by name, alike in shape, two at least
     * @return the same shape, without what is no number
     */
    static Map<String, Object> standardDeviation(List<Map<String, Object>> runs) {
        return combined(runs, RunStatistics::deviation, false);
    }

    private static double mean(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum / values.length;
    }

    private static double deviation(double[] values) {
        double mean = mean(values);
        double squares = 0;
        for (double value : values) {
            squares += (value - mean) * (value - mean);
        }
        return Math.sqrt(squares / (values.length - 1));
    }

    private static Map<String, Object> combined(
            List<? extends Map<?, ?>> runs, ToDoubleFunction<double[]> of, boolean keepOthers) {
        Map<String, Object> all = new LinkedHashMap<>();
        for (Object key : runs.get(0).keySet()) {
            List<@Nullable Object> values = new ArrayList<>();
            runs.forEach(run -> values.add(run.get(key)));
            Object value = value(values, of, keepOthers);
            if (value != null || keepOthers) {
                all.put(String.valueOf(key), value);
            }
        }
        return all;
    }

    private static @Nullable Object value(
            List<@Nullable Object> values, ToDoubleFunction<double[]> of, boolean keepOthers) {
        if (values.stream().allMatch(Number.class::isInstance)) {
            return of.applyAsDouble(values.stream()
                    .mapToDouble(value -> ((Number) Objects.requireNonNull(value)).doubleValue())
                    .toArray());
        }
        if (values.stream().allMatch(Map.class::isInstance)) {
            return combined(
                    values.stream()
                            .map(value -> (Map<?, ?>) Objects.requireNonNull(value))
                            .toList(),
                    of,
                    keepOthers);
        }
        if (values.stream().allMatch(List.class::isInstance)) {
            return elements(
                    values.stream()
                            .map(value -> (List<?>) Objects.requireNonNull(value))
                            .toList(),
                    of,
                    keepOthers);
        }
        return keepOthers && values.stream().allMatch(value -> Objects.equals(value, values.get(0)))
                ? values.get(0)
                : null;
    }

    private static @Nullable Object elements(
            List<? extends List<?>> lists, ToDoubleFunction<double[]> of, boolean keepOthers) {
        int size = lists.get(0).size();
        if (lists.stream().anyMatch(list -> list.size() != size)) {
            return null;
        }
        List<@Nullable Object> elements = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            int at = i;
            List<@Nullable Object> values = new ArrayList<>();
            lists.forEach(list -> values.add(list.get(at)));
            elements.add(value(values, of, keepOthers));
        }
        return elements;
    }
}
