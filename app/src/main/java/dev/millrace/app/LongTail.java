package dev.millrace.app;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A long-tailed stream (Cui et al. 2019, "Class-balanced loss based on effective number of samples"): the labels' sizes
 * fall exponentially, from that of the most frequent label to a small part of it. Labels keep their ranks, as far as their
 * sizes differ; which examples stay is drawn. A label that has fewer than its due keeps what it has, and none is lost.
 *
 * @param factor how many times more frequent the first label is than the last, at least 1
 * @param seed draws which examples stay, and the ranks of labels of the same size
 */
record LongTail(double factor, long seed) implements StreamChange {

    @Override
    public List<StreamedExample> apply(List<StreamedExample> examples) {
        Random random = new Random(seed);
        Map<String, Integer> left = due(examples, random);
        List<StreamedExample> drawn = new ArrayList<>(examples);
        Collections.shuffle(drawn, random);
        Map<StreamedExample, Integer> kept = new HashMap<>();
        for (StreamedExample streamed : drawn) {
            if (left.merge(streamed.label(), -1, Integer::sum) >= 0) {
                kept.merge(streamed, 1, Integer::sum);
            }
        }
        return examples.stream()
                .filter(streamed -> kept.merge(streamed, -1, Integer::sum) >= 0)
                .toList();
    }

    /** How many examples of each label stay at most. */
    private Map<String, Integer> due(List<StreamedExample> examples, Random random) {
        Map<String, Integer> sizes = new TreeMap<>();
        examples.forEach(streamed -> sizes.merge(streamed.label(), 1, Integer::sum));
        List<Map.Entry<String, Integer>> ranks = new ArrayList<>(sizes.entrySet());
        Collections.shuffle(ranks, random);
        ranks.sort(Map.Entry.comparingByValue(Comparator.reverseOrder()));
        Map<String, Integer> due = new HashMap<>();
        for (int rank = 0; rank < ranks.size(); rank++) {
            double share = Math.pow(factor, -(double) rank / Math.max(1, ranks.size() - 1));
            due.put(ranks.get(rank).getKey(), Math.max(1, (int)
                    Math.round(ranks.get(0).getValue() * share)));
        }
        return due;
    }
}
