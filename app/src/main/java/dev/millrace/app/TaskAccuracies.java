package dev.millrace.app;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a learner of tasks that come one after the other knows of each, by the definitions of Chaudhry et al. 2018
 * ("Riemannian walk for incremental learning"): with a(k,j) the accuracy on task j after task k, the average accuracy is
 * the mean of a(k,j) over j ≤ k, and the forgetting of a task is the best a(l,j) with j ≤ l &lt; k, less a(k,j).
 *
 * <p>Not thread-safe.
 */
final class TaskAccuracies {

    private final List<Double> seen = new ArrayList<>();
    private final List<List<Double>> tasks = new ArrayList<>();

    /**
     * Adds what was found after the next task.
     *
     * @param accuracy over all labels seen so far
     * @param each the accuracy on each task so far
     */
    void add(double accuracy, List<Double> each) {
        if (each.size() != tasks.size() + 1) {
            throw new IllegalArgumentException(
                    "after " + (tasks.size() + 1) + " tasks as many accuracies are due, but there are " + each.size());
        }
        seen.add(accuracy);
        tasks.add(List.copyOf(each));
    }

    /** {@return after each task, the accuracy over the labels seen by then} */
    List<Double> seen() {
        return List.copyOf(seen);
    }

    /** {@return the mean accuracy on all tasks after the last one; 0 before the first} */
    double averageAccuracy() {
        return tasks.isEmpty()
                ? 0
                : tasks.get(tasks.size() - 1).stream()
                        .mapToDouble(Double::doubleValue)
                        .average()
                        .orElse(0);
    }

    /** {@return the mean forgetting of all tasks but the last, from −1 to 1; 0 with fewer than two tasks} */
    double forgetting() {
        int last = tasks.size() - 1;
        double sum = 0;
        for (int task = 0; task < last; task++) {
            double best = -1;
            for (int after = task; after < last; after++) {
                best = Math.max(best, tasks.get(after).get(task));
            }
            sum += best - tasks.get(last).get(task);
        }
        return last < 1 ? 0 : sum / last;
    }

    /** {@return all of it, as it goes into a report} */
    Map<String, Object> asMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("seenAccuracy", seen());
        map.put("taskAccuracy", List.copyOf(tasks));
        map.put("averageAccuracy", averageAccuracy());
        map.put("forgetting", forgetting());
        return map;
    }
}
