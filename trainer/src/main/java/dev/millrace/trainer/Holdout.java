package dev.millrace.trainer;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Predicate;

/**
 * The newest of the examples that are never learned, to judge by what was learned from the others. Not thread-safe.
 *
 * <p>Which examples these are is decided by their ids alone, so it is the same for every model and in every language: the
 * first 53 bits of the SHA-256 of the id in UTF-8, read as a fraction of 1, are below the share.
 */
final class Holdout {

    private static final int UNUSED_BITS = Long.SIZE - 53;

    private final Deque<TrainingExample> window;
    private int capacity;

    Holdout(int capacity, List<TrainingExample> window) {
        this.capacity = capacity;
        this.window = new ArrayDeque<>(window);
        shrink();
    }

    /** The place of an id, from 0 to below 1: it is held out where the share is above that. */
    static double place(String id) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(id.getBytes(StandardCharsets.UTF_8));
            return (ByteBuffer.wrap(digest).getLong() >>> UNUSED_BITS) * 0x1p-53;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    void add(List<TrainingExample> newest) {
        window.addAll(newest);
        shrink();
    }

    /** Keeps as many from here on. */
    void resize(int examples) {
        capacity = examples;
        shrink();
    }

    private void shrink() {
        while (window.size() > capacity) {
            window.removeFirst();
        }
    }

    void retire(String label) {
        window.removeIf(example -> example.label().equals(label));
    }

    void retract(Predicate<TrainingExample> wrong) {
        window.removeIf(wrong);
    }

    void rename(String from, String to) {
        List<TrainingExample> renamed = window.stream()
                .map(example -> example.label().equals(from) ? example.renamed(to) : example)
                .toList();
        window.clear();
        window.addAll(renamed);
    }

    /** Oldest first. */
    List<TrainingExample> window() {
        return List.copyOf(window);
    }
}
