package dev.millrace.app;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The figures of {@code bench quality} for people.
 *
 * @param figures of the run, or their mean over several
 * @param spread the standard deviations of the same figures; empty for one run
 */
record QualityTable(Map<String, Object> figures, Map<String, Object> spread) {

    void printTo(PrintWriter out) {
        learners().printTo(out);
        remarks().forEach(out::println);
        out.flush();
    }

    /** Every learner with its accuracies, the model first. */
    TextTable learners() {
        boolean clean = figures.containsKey("prequentialClean");
        boolean incremental = figures.containsKey("incremental");
        boolean drift = figures.containsKey("drift");
        List<String> header = new ArrayList<>(
                List.of("", "prequential", "1st quarter", "2nd quarter", "3rd quarter", "last quarter", "test"));
        if (clean) {
            header.add("prequential, right labels");
        }
        if (incremental) {
            header.add("average of tasks");
            header.add("forgetting");
        }
        if (drift) {
            header.add("examples to recover");
        }
        TextTable table = new TextTable(header.toArray(String[]::new));
        learner(table, "fine-tuned as a stream", figures, spread, clean, incremental, drift);
        map(figures.get("baselines")).forEach((name, own) -> {
            Object deviations = map(spread.get("baselines")).get(name);
            learner(table, "frozen, " + name, map(own), map(deviations), clean, incremental, drift);
        });
        map(figures.get("offline")).forEach((epochs, own) -> {
            Object deviations = map(spread.get("offline")).get(epochs);
            List<Object> row = new ArrayList<>(List.of("offline, " + epochs + " epochs", "", "", "", "", ""));
            row.add(share(map(own).get("test"), map(deviations).get("test")));
            while (row.size() < header.size()) {
                row.add("");
            }
            table.row(row.toArray());
        });
        return table;
    }

    /** By how many points the model is ahead of each frozen baseline. */
    TextTable leads() {
        TextTable table =
                new TextTable("", "prequential", "1st quarter", "2nd quarter", "3rd quarter", "last quarter", "test");
        map(figures.get("baselines")).forEach((name, own) -> {
            List<Object> row = new ArrayList<>(List.of("over frozen, " + name));
            row.add(lead(figures.get("prequential"), map(own).get("prequential")));
            for (int quarter = 0; quarter < PrequentialAnswers.QUARTERS; quarter++) {
                row.add(lead(element(figures.get("quarters"), quarter), element(map(own).get("quarters"), quarter)));
            }
            row.add(lead(figures.get("test"), map(own).get("test")));
            table.row(row.toArray());
        });
        return table;
    }

    /** What else there is to say, a line each. */
    List<String> remarks() {
        List<String> remarks = new ArrayList<>();
        remarks.add("worst quarter against the best frozen baseline in it: " + points("worstQuarterGap")
                + map(figures.get("baselines")).entrySet().stream()
                        .map(own ->
                                own.getKey() + " " + signed(map(own.getValue()).get("worstQuarterGap")))
                        .collect(Collectors.joining(", ", " (", ")")));
        if (figures.containsKey("prequentialClean")) {
            remarks.add("the same, judged by the right labels: " + points("worstQuarterGapClean"));
        }
        remarks.add(String.format(
                Locale.ROOT,
                "%s examples in %s s, %s a second; step p50 %s ms, p99 %s ms; %s",
                whole(figures.get("examples")),
                rounded(figures.get("seconds")),
                rounded(figures.get("examplesPerSecond")),
                rounded(figures.get("stepP50Ms")),
                rounded(figures.get("stepP99Ms")),
                figures.get("runtime")));
        return remarks;
    }

    private static void learner(
            TextTable table,
            String name,
            Map<?, ?> own,
            Map<?, ?> deviations,
            boolean clean,
            boolean incremental,
            boolean drift) {
        List<Object> row = new ArrayList<>();
        row.add(name);
        row.add(share(own.get("prequential"), deviations.get("prequential")));
        for (int quarter = 0; quarter < PrequentialAnswers.QUARTERS; quarter++) {
            row.add(share(element(own.get("quarters"), quarter), element(deviations.get("quarters"), quarter)));
        }
        row.add(share(own.get("test"), deviations.get("test")));
        if (clean) {
            row.add(share(own.get("prequentialClean"), deviations.get("prequentialClean")));
        }
        if (incremental) {
            for (String figure : List.of("averageAccuracy", "forgetting")) {
                row.add(share(
                        map(own.get("incremental")).get(figure),
                        map(deviations.get("incremental")).get(figure)));
            }
        }
        if (drift) {
            row.add(own.get("recoveryExamples") == null ? "never" : whole(own.get("recoveryExamples")));
        }
        table.row(row.toArray());
    }

    private static String lead(@Nullable Object model, @Nullable Object baseline) {
        return model instanceof Double mine && baseline instanceof Double other ? signed(100 * (mine - other)) : "";
    }

    /** A figure in points, with its sign. */
    String points(String figure) {
        String deviation =
                spread.get(figure) instanceof Double value ? String.format(Locale.ROOT, " ± %.1f", value) : "";
        return signed(figures.get(figure)) + deviation + " points";
    }

    private static String signed(@Nullable Object number) {
        return number instanceof Double value ? String.format(Locale.ROOT, "%+.1f", value) : "";
    }

    private static Map<?, ?> map(@Nullable Object value) {
        return value instanceof Map<?, ?> map ? map : Map.of();
    }

    private static @Nullable Object element(@Nullable Object list, int index) {
        return list instanceof List<?> values ? values.get(index) : null;
    }

    /** A figure of the model, as a share of 1. */
    String share(String figure) {
        return share(figures.get(figure), spread.get(figure));
    }

    private static String share(@Nullable Object value, @Nullable Object deviation) {
        String text = value instanceof Double share ? String.format(Locale.ROOT, "%.4f", share) : "";
        return deviation instanceof Double spread ? text + String.format(Locale.ROOT, " ± %.4f", spread) : text;
    }

    private static String whole(@Nullable Object number) {
        return number instanceof Number value ? Long.toString(Math.round(value.doubleValue())) : "";
    }

    private static String rounded(@Nullable Object number) {
        return number instanceof Number value ? String.format(Locale.ROOT, "%.1f", value.doubleValue()) : "";
    }
}
