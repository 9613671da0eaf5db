package dev.millrace.app;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A sudden drift: from some moment on, labels have swapped their names in pairs.
 *
 * @param partners what a label is called afterwards; of a pair each is the other's
 * @param from how many examples keep the old names
 */
record LabelSwap(Map<String, String> partners, int from) implements StreamChange {

    private static final int PAIRS = 10;

    LabelSwap {
        partners = Collections.unmodifiableMap(new TreeMap<>(partners));
    }

    /**
     * Draws ten pairs, or as many as the labels give.
     *
     * @param examples of the stream
     * @param share of the stream that keeps the old names, above 0 and below 1
     * @param seed draws the pairs
     * @return the swap
     * @throws CommandException when there are not two labels
     */
    static LabelSwap draw(List<StreamedExample> examples, double share, long seed) {
        List<String> labels = new ArrayList<>(
                new TreeSet<>(examples.stream().map(StreamedExample::label).toList()));
        if (labels.size() < 2) {
            throw new CommandException("--drift swap-labels: two labels are needed, but there is " + labels.size());
        }
        Collections.shuffle(labels, new Random(seed));
        Map<String, String> partners = new TreeMap<>();
        for (int i = 0; i + 1 < labels.size() && i < 2 * PAIRS; i += 2) {
            partners.put(labels.get(i), labels.get(i + 1));
            partners.put(labels.get(i + 1), labels.get(i));
        }
        return new LabelSwap(partners, (int) (examples.size() * share));
    }

    /** What a label is called after the swap. */
    String after(String label) {
        return partners.getOrDefault(label, label);
    }

    @Override
    public List<StreamedExample> apply(List<StreamedExample> examples) {
        List<StreamedExample> changed = new ArrayList<>(examples);
        for (int i = from; i < changed.size(); i++) {
            changed.set(i, changed.get(i).renamed(after(changed.get(i).label())));
        }
        return List.copyOf(changed);
    }
}
