package dev.millrace.trainer;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The labels that are known, numbered in the order of the log, and the names that some of them had before. Not thread-safe.
 *
 * <p>Whoever was renamed is known by its old name as well, for producers change later than people decide; that ends when a
 * label of the old name is retired, or when the new one is.
 */
final class Labels {

    /** The index of a label that is not known. */
    static final int UNKNOWN = -1;

    private final Map<String, Integer> indices = new TreeMap<>();
    private final List<String> inOrder = new ArrayList<>();
    private final Map<String, String> formerNames;

    Labels(Collection<String> inOrder) {
        this(inOrder, Map.of());
    }

    /** Labels and, for each former name, what it is called now. */
    Labels(Collection<String> inOrder, Map<String, String> formerNames) {
        this.formerNames = new TreeMap<>(formerNames);
        inOrder.forEach(this::add);
    }

    int indexOf(String label) {
        return indices.getOrDefault(label, UNKNOWN);
    }

    /** What a label is called now. */
    String current(String label) {
        return formerNames.getOrDefault(label, label);
    }

    void add(String label) {
        if (indices.putIfAbsent(label, inOrder.size()) == null) {
            inOrder.add(label);
        }
    }

    /**
     * Forgets a label; those behind it move up.
     *
     * @return the index that it had, or {@link #UNKNOWN} when it was a former name, which counts as a name of its own again
     * @throws IllegalArgumentException when there is no such label
     */
    int retire(String label) {
        if (formerNames.remove(label) != null) {
            return UNKNOWN;
        }
        int index = require(label);
        inOrder.remove(index);
        formerNames.values().removeIf(label::equals);
        number();
        return index;
    }

    /**
     * Calls a label otherwise; it keeps its index.
     *
     * @throws IllegalArgumentException when there is no such label, or the new name is taken
     */
    void rename(String from, String to) {
        int index = require(from);
        if (indexOf(to) != UNKNOWN) {
            throw new IllegalArgumentException("there is a label '" + to + "' already; two labels cannot become one");
        }
        if (!current(to).equals(to) && !current(to).equals(from)) {
            throw new IllegalArgumentException("'" + to + "' counts as '" + current(to)
                    + "', which was called so before; retire-label '" + to + "' ends that");
        }
        inOrder.set(index, to);
        formerNames.replaceAll((former, now) -> now.equals(from) ? to : now);
        formerNames.remove(to);
        formerNames.put(from, to);
        number();
    }

    private int require(String label) {
        int index = indexOf(label);
        if (index == UNKNOWN) {
            throw new IllegalArgumentException("there is no label '" + label + "'");
        }
        return index;
    }

    private void number() {
        indices.clear();
        for (int i = 0; i < inOrder.size(); i++) {
            indices.put(inOrder.get(i), i);
        }
    }

    int size() {
        return inOrder.size();
    }

    List<String> inOrder() {
        return List.copyOf(inOrder);
    }

    Map<String, String> formerNames() {
        return Map.copyOf(formerNames);
    }
}
