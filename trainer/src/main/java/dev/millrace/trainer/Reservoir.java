package dev.millrace.trainer;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * A uniform sample of bounded size of everything that was offered to it (Vitter 1985, algorithm R).
 *
 * <p>The same offers with the same random numbers give the same sample; it is uniform as long as the capacity never
 * grows. Not thread-safe.
 *
 * @param <T> what is sampled
 */
final class Reservoir<T> {

    private final int capacity;
    private final List<T> kept;
    private long offered;

    /** A reservoir that holds {@code kept} of {@code offered} already; empty and 0 for a new one. */
    Reservoir(int capacity, List<T> kept, long offered) {
        if (kept.size() > capacity || offered < kept.size()) {
            throw new IllegalArgumentException("a reservoir of capacity " + capacity + " cannot hold " + kept.size()
                    + " of " + offered + " offered");
        }
        this.capacity = capacity;
        this.kept = new ArrayList<>(kept);
        this.offered = offered;
    }

    /**
     * A reservoir that goes on from what another one kept, whatever the other's capacity was. Of too many items a uniform
     * subset stays, drawn with the random numbers given; a larger capacity fills up with what is offered next.
     */
    static <T> Reservoir<T> resumed(int capacity, List<T> kept, long offered, RandomGenerator random) {
        if (kept.size() <= capacity) {
            return new Reservoir<>(capacity, kept, offered);
        }
        List<T> subset = new Reservoir<>(kept.size(), kept, offered).draw(capacity, random);
        return new Reservoir<>(capacity, subset, offered);
    }

    void offer(T item, RandomGenerator random) {
        offered++;
        if (kept.size() < capacity) {
            kept.add(item);
            return;
        }
        long place = random.nextLong(offered);
        if (place < capacity) {
            kept.set((int) place, item);
        }
    }

    /** Different items, at most {@code count}, each as likely as any other (Floyd's algorithm). */
    List<T> draw(int count, RandomGenerator random) {
        int size = kept.size();
        Set<Integer> places = new LinkedHashSet<>();
        for (int last = Math.max(0, size - count); last < size; last++) {
            int place = random.nextInt(last + 1);
            places.add(places.contains(place) ? last : place);
        }
        return places.stream().map(kept::get).toList();
    }

    List<T> kept() {
        return List.copyOf(kept);
    }

    long offered() {
        return offered;
    }
}
