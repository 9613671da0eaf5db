package dev.millrace.app;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a benchmark makes a stream of a file.
 *
 * @param order of the examples; without effect when there are tasks
 * @param limit how many of the examples are taken, null for all
 * @param imbalance how many times more frequent the first label is than the last, null to leave the labels alone
 * @param tasks how many groups of labels come one after the other, null for none
 * @param swapAt the share of the stream after which labels swap their names, null for never
 * @param noise the share of wrong labels, null for none
 */
record StreamPlan(
        StreamOrder order,
        @Nullable Integer limit,
        @Nullable Double imbalance,
        @Nullable Integer tasks,
        @Nullable Double swapAt,
        @Nullable Double noise) {

    /**
     * A stream, ready to be sent.
     *
     * @param parts that are learned one after the other; one part unless there are tasks
     * @param tasks the labels of each part, empty unless there are tasks
     * @param swap of labels on the way
     */
    record Drawn(List<List<StreamedExample>> parts, List<List<String>> tasks, Optional<LabelSwap> swap) {

        List<StreamedExample> all() {
            return parts.stream().flatMap(List::stream).toList();
        }

        /** A test set whose labels have the names that they have at the end of the stream. */
        TestSet atTheEnd(TestSet test) {
            return swap.map(swapped -> test.relabelled(swapped::after)).orElse(test);
        }
    }

    /**
     * Makes the stream of one seed.
     *
     * @param file its examples in their order
     * @param seed of everything random
     * @return the stream
     * @throws CommandException when the labels do not suffice for what is asked
     */
    Drawn draw(List<StreamedExample> file, long seed) {
        List<StreamedExample> examples = order == StreamOrder.TIME && tasks == null
                ? new TimeOrder().apply(file)
                : new RandomOrder(seed).apply(file);
        if (limit != null && limit < examples.size()) {
            examples = examples.subList(0, limit);
        }
        if (imbalance != null) {
            examples = new LongTail(imbalance, seed).apply(examples);
        }
        if (tasks != null) {
            TaskOrder inTasks = TaskOrder.draw(examples, tasks, seed);
            return new Drawn(
                    inTasks.parts(examples),
                    inTasks.tasks().stream()
                            .map(labels -> labels.stream().sorted().toList())
                            .toList(),
                    Optional.empty());
        }
        if (order == StreamOrder.BY_LABEL) {
            examples = TaskOrder.byLabel(examples, seed).apply(examples);
        }
        LabelSwap swap = swapAt == null ? null : LabelSwap.draw(examples, swapAt, seed);
        if (swap != null) {
            examples = swap.apply(examples);
        }
        if (noise != null) {
            examples = new LabelNoise(noise, seed).apply(examples);
        }
        return new Drawn(List.of(examples), List.of(), Optional.ofNullable(swap));
    }

    /** In words, for a title. */
    @Override
    public String toString() {
        List<String> words = new ArrayList<>();
        words.add(tasks == null ? "order " + order : tasks + " tasks, class-incremental");
        if (imbalance != null) {
            words.add("long-tailed 1:" + number(imbalance));
        }
        if (swapAt != null) {
            words.add("labels swapped at " + number(100 * swapAt) + "%");
        }
        if (noise != null) {
            words.add(number(100 * noise) + "% wrong labels");
        }
        return String.join(", ", words);
    }

    private static String number(double value) {
        return value == Math.rint(value) ? Long.toString(Math.round(value)) : Double.toString(value);
    }

    /** {@return what was asked for, as it goes into a report} */
    Map<String, Object> asMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("order", tasks == null ? order.toString() : "tasks");
        map.put("limit", limit);
        map.put("imbalance", imbalance);
        map.put("tasks", tasks);
        map.put("swapLabelsAt", swapAt);
        map.put("noise", noise);
        return map;
    }
}
