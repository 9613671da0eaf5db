package dev.millrace.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What the records of two versions of a model differ in; their weights are not looked at. Immutable.
 *
 * @param from the one
 * @param to the other
 * @param settings of learning that differ, by name
 * @param runtime what they were computed with, where it differs, by name
 * @param metrics figures of both that differ, by name, the number of examples among them
 * @param added labels of the other only, in its order
 * @param removed labels of the one only, in its order
 */
public record VersionDiff(
        VersionRecord from,
        VersionRecord to,
        List<Change<String>> settings,
        List<Change<String>> runtime,
        List<Change<Double>> metrics,
        List<String> added,
        List<String> removed) {

    /**
     * A value that differs.
     *
     * @param name what it is of
     * @param from in the one, or null where it has none
     * @param to in the other, or null where it has none
     * @param <T> of the values
     */
    public record Change<T>(
            String name, @Nullable T from, @Nullable T to) {}

    public VersionDiff {
        settings = List.copyOf(settings);
        runtime = List.copyOf(runtime);
        metrics = List.copyOf(metrics);
        added = List.copyOf(added);
        removed = List.copyOf(removed);
    }

    /**
     * Compares.
     *
     * @param from the one
     * @param to the other
     * @return what differs
     */
    public static VersionDiff between(VersionRecord from, VersionRecord to) {
        Map<String, Double> before = figures(from);
        Map<String, Double> after = figures(to);
        return new VersionDiff(
                from,
                to,
                changes(from.settings(), to.settings()),
                changes(from.runtime(), to.runtime()),
                changes(before, after).stream()
                        .filter(change -> change.from() != null && change.to() != null)
                        .toList(),
                without(to.labels(), from.labels()),
                without(from.labels(), to.labels()));
    }

    private static Map<String, Double> figures(VersionRecord version) {
        Map<String, Double> figures = new TreeMap<>(version.metrics());
        figures.put("examples", (double) version.examples());
        return figures;
    }

    private static <T> List<Change<T>> changes(Map<String, T> from, Map<String, T> to) {
        TreeSet<String> names = new TreeSet<>(from.keySet());
        names.addAll(to.keySet());
        List<Change<T>> changes = new ArrayList<>();
        for (String name : names) {
            T before = from.get(name);
            T after = to.get(name);
            if (before == null || !before.equals(after)) {
                changes.add(new Change<>(name, before, after));
            }
        }
        return changes;
    }

    private static List<String> without(List<String> labels, List<String> others) {
        return labels.stream().filter(label -> !others.contains(label)).toList();
    }
}
