package dev.millrace.trainer;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The labels seen so far, numbered in the order of the log. Not thread-safe. */
final class Labels {

    /** The index of a label that was never seen. */
    static final int UNKNOWN = -1;

    private final Map<String, Integer> indices = new LinkedHashMap<>();

    Labels(Collection<String> inOrder) {
        inOrder.forEach(this::add);
    }

    int indexOf(String label) {
        return indices.getOrDefault(label, UNKNOWN);
    }

    void add(String label) {
        indices.putIfAbsent(label, indices.size());
    }

    int size() {
        return indices.size();
    }

    List<String> inOrder() {
        return List.copyOf(indices.keySet());
    }
}
