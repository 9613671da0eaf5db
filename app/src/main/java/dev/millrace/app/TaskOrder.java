package dev.millrace.app;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/**
 * The class-incremental order: the labels fall into groups, the tasks, which come one after the other and never again.
 *
 * @param tasks the labels of each, in the order in which they come
 * @param seed draws the order of the examples inside a task
 */
record TaskOrder(List<Set<String>> tasks, long seed) implements StreamChange {

    TaskOrder {
        tasks = tasks.stream().map(Set::copyOf).toList();
    }

    /**
     * Shuffles the labels, and cuts them into groups whose sizes differ by one at most.
     *
     * @param examples whose labels they are
     * @param count of the tasks, at least 1
     * @param seed draws the groups, and later the order inside them
     * @return the order
     * @throws CommandException when there are fewer labels than tasks
     */
    static TaskOrder draw(List<StreamedExample> examples, int count, long seed) {
        List<String> labels = labels(examples);
        if (labels.size() < count) {
            throw new CommandException(
                    "--tasks " + count + ": there are " + labels.size() + " labels, and each task needs one");
        }
        Collections.shuffle(labels, new Random(seed));
        List<Set<String>> tasks = new ArrayList<>();
        for (int task = 0; task < count; task++) {
            tasks.add(new LinkedHashSet<>(
                    labels.subList(task * labels.size() / count, (task + 1) * labels.size() / count)));
        }
        return new TaskOrder(tasks, seed);
    }

    /** The extreme of it, a task for each label. */
    static TaskOrder byLabel(List<StreamedExample> examples, long seed) {
        return draw(examples, labels(examples).size(), seed);
    }

    private static List<String> labels(List<StreamedExample> examples) {
        return new ArrayList<>(
                new TreeSet<>(examples.stream().map(StreamedExample::label).toList()));
    }

    /** The examples of each task, in random order. */
    List<List<StreamedExample>> parts(List<StreamedExample> examples) {
        List<StreamedExample> shuffled = new RandomOrder(seed).apply(examples);
        return tasks.stream()
                .map(labels -> shuffled.stream()
                        .filter(streamed -> labels.contains(streamed.label()))
                        .toList())
                .toList();
    }

    @Override
    public List<StreamedExample> apply(List<StreamedExample> examples) {
        return parts(examples).stream().flatMap(List::stream).toList();
    }
}
