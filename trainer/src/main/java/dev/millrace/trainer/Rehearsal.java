package dev.millrace.trainer;

import dev.millrace.trainer.RehearsalState.Tally;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * A memory of bounded size of the examples that were learned, to be learned again beside fresh ones (experience replay).
 *
 * <p>Until it is full it keeps everything; then its {@link Selection} says what stays. The same offers with the same
 * random numbers give the same memory. Where examples had to leave, the places are free again, and what comes next takes
 * them. Not thread-safe.
 */
final class Rehearsal {

    private final int capacity;
    private final Selection selection;
    private final List<Remembered> kept;
    private final Map<String, Integer> counts = new TreeMap<>();
    private final Map<String, Long> seen = new LinkedHashMap<>();
    private final Set<String> full = new TreeSet<>();
    private long offered;

    /** A memory that goes on from a state of one with the same capacity; from {@link RehearsalState#NOTHING} for a new one. */
    Rehearsal(int capacity, Selection selection, RehearsalState state) {
        if (state.kept().size() > capacity) {
            throw new IllegalArgumentException("a memory of capacity " + capacity + " cannot hold "
                    + state.kept().size() + " examples");
        }
        this.capacity = capacity;
        this.selection = selection;
        this.kept = new ArrayList<>(state.kept());
        this.offered = state.offered();
        for (Tally tally : state.tallies()) {
            seen.put(tally.label(), tally.seen());
            if (tally.full()) {
                full.add(tally.label());
            }
        }
        count();
    }

    /**
     * A memory that goes on from a state, whatever its capacity and selection were. Of too many examples a uniform subset
     * stays, drawn with the random numbers given; a larger capacity fills up with what is offered next.
     */
    static Rehearsal resumed(int capacity, Selection selection, RehearsalState state, RandomGenerator random) {
        if (state.kept().size() <= capacity) {
            return new Rehearsal(capacity, selection, state);
        }
        Rehearsal larger = new Rehearsal(state.kept().size(), selection, state);
        List<Remembered> subset = larger.at(larger.draw(capacity, random));
        return new Rehearsal(capacity, selection, new RehearsalState(subset, state.offered(), state.tallies()));
    }

    /** Offers an example that was just learned. */
    void offer(TrainingExample example, float loss, Logits logits, RandomGenerator random) {
        offered++;
        seen.merge(example.label(), 1L, Long::sum);
        Remembered item = new Remembered(example, offered, loss, logits);
        if (kept.size() < capacity) {
            kept.add(item);
            counts.merge(item.label(), 1, Integer::sum);
            return;
        }
        int place = selection.place(item, this, random);
        if (place != Selection.NONE) {
            counts.computeIfPresent(kept.set(place, item).label(), (label, count) -> count == 1 ? null : count - 1);
            counts.merge(item.label(), 1, Integer::sum);
        }
    }

    /** Different places, at most {@code count}, each as likely as any other (Floyd's algorithm). */
    List<Integer> draw(int count, RandomGenerator random) {
        int size = kept.size();
        Set<Integer> places = new LinkedHashSet<>();
        for (int last = Math.max(0, size - count); last < size; last++) {
            int place = random.nextInt(last + 1);
            places.add(places.contains(place) ? last : place);
        }
        return List.copyOf(places);
    }

    List<Remembered> at(List<Integer> places) {
        return places.stream().map(kept::get).toList();
    }

    Remembered at(int place) {
        return kept.get(place);
    }

    /**
     * Takes in what a step learned.
     *
     * @param fresh examples, which are offered
     * @param rehearsed the places of those that were learned again
     * @param losses of the fresh ones, then of the others
     * @param logits of the fresh ones
     */
    void learned(
            List<TrainingExample> fresh,
            List<Integer> rehearsed,
            List<Float> losses,
            List<Logits> logits,
            RandomGenerator random) {
        for (int i = 0; i < rehearsed.size(); i++) {
            int place = rehearsed.get(i);
            kept.set(place, kept.get(place).learnedAgain(losses.get(fresh.size() + i)));
        }
        for (int i = 0; i < fresh.size(); i++) {
            offer(fresh.get(i), losses.get(i), logits.get(i), random);
        }
    }

    /**
     * Drops examples.
     *
     * @return how many
     */
    int drop(Predicate<Remembered> unwanted) {
        Map<String, Integer> before = new TreeMap<>(counts);
        int size = kept.size();
        kept.removeIf(unwanted);
        count();
        // What is gone counts as if it had never been offered, or it would keep others of its label out.
        seen.replaceAll(
                (label, times) -> count(label) < before.getOrDefault(label, 0) ? Long.valueOf(count(label)) : times);
        if (kept.size() < size) {
            full.clear();
        }
        return size - kept.size();
    }

    /** Drops examples that should not have been learned as they were; the others of their labels stay as well known. */
    void retract(Predicate<TrainingExample> wrong) {
        Map<String, Integer> before = new TreeMap<>(counts);
        if (kept.removeIf(item -> wrong.test(item.example()))) {
            count();
            seen.replaceAll((label, times) -> times - before.getOrDefault(label, 0) + count(label));
            full.clear();
        }
    }

    /**
     * Gives examples of one label another one that is known, and the number of the newest example.
     *
     * @return what they were under their old label, oldest first
     */
    List<Remembered> reassign(Predicate<Remembered> wrong, String from, String to) {
        List<Remembered> moved = kept.stream()
                .filter(wrong)
                .sorted(Comparator.comparingLong(Remembered::number))
                .toList();
        kept.replaceAll(item -> wrong.test(item) ? item.reassigned(to, offered) : item);
        count();
        seen.merge(to, (long) moved.size(), Long::sum);
        seen.computeIfPresent(from, (label, times) -> (long) count(label));
        full.remove(from);
        return moved;
    }

    /**
     * The newest examples from a number on, at most {@code count}, newest first. Of several with one number, which but one
     * were reassigned, there is one, so that they do not crowd out what came.
     */
    List<TrainingExample> newest(long since, int count) {
        NavigableMap<Long, Remembered> byNumber = new TreeMap<>();
        kept.stream().filter(item -> item.number() >= since).forEach(item -> byNumber.put(item.number(), item));
        return byNumber.descendingMap().values().stream()
                .limit(count)
                .map(Remembered::example)
                .toList();
    }

    /** The labels of which more examples are kept than are among some. */
    Set<String> labelsBeyond(List<TrainingExample> some) {
        Map<String, Integer> rest = new TreeMap<>(counts);
        some.forEach(example -> rest.merge(example.label(), -1, Integer::sum));
        rest.values().removeIf(count -> count <= 0);
        return rest.keySet();
    }

    /** The number of the newest example of a label that came before another number; 0 when none is kept. */
    long lastBefore(String label, long number) {
        return kept.stream()
                .filter(item -> item.label().equals(label) && item.number() < number)
                .mapToLong(Remembered::number)
                .max()
                .orElse(0);
    }

    /** The newest examples of a label that are kept, at most {@code count}, oldest first. */
    List<TrainingExample> newest(String label, int count) {
        return newestBefore(label, Long.MAX_VALUE, count);
    }

    /** The same of those that came before a number. */
    List<TrainingExample> newestBefore(String label, long number, int count) {
        List<TrainingExample> all = kept.stream()
                .filter(item -> item.label().equals(label) && item.number() < number)
                .sorted(Comparator.comparingLong(Remembered::number))
                .map(Remembered::example)
                .toList();
        return all.subList(Math.max(0, all.size() - count), all.size());
    }

    /** Has what was answered be as far apart as another scale of the head makes it. */
    void scaleLogits(double factor) {
        kept.replaceAll(item -> item.with(item.logits().times(factor)));
    }

    /** Forgets what was answered for a label, by its index. */
    void forgetLogits(int index) {
        kept.replaceAll(item -> item.with(item.logits().forgetting(index)));
    }

    /** Forgets that there was a label, of that index; its examples go with it. */
    void retire(String label, int index) {
        drop(item -> item.label().equals(label));
        kept.replaceAll(item -> item.with(item.logits().without(index)));
        seen.remove(label);
        full.remove(label);
    }

    /** Calls a label by a name that it did not have. */
    void rename(String from, String to) {
        kept.replaceAll(item -> item.label().equals(from) ? item.renamed(to) : item);
        RehearsalState state = state();
        seen.clear();
        full.clear();
        for (Tally tally : state.tallies()) {
            String label = tally.label().equals(from) ? to : tally.label();
            seen.put(label, tally.seen());
            if (tally.full()) {
                full.add(label);
            }
        }
        count();
    }

    private void count() {
        counts.clear();
        kept.forEach(item -> counts.merge(item.label(), 1, Integer::sum));
    }

    int size() {
        return kept.size();
    }

    long offered() {
        return offered;
    }

    /** How many examples of a label are kept. */
    int count(String label) {
        return counts.getOrDefault(label, 0);
    }

    /** How many examples of a label were offered. */
    long seen(String label) {
        return seen.getOrDefault(label, 0L);
    }

    boolean isFull(String label) {
        return full.contains(label);
    }

    /** Notes that the labels with the most places are full, and says how many places that is. */
    int markFull() {
        int most = counts.values().stream().mapToInt(Integer::intValue).max().orElse(0);
        counts.forEach((label, count) -> {
            if (count == most) {
                full.add(label);
            }
        });
        return most;
    }

    RehearsalState state() {
        List<Tally> tallies = new ArrayList<>();
        seen.forEach((label, times) -> tallies.add(new Tally(label, times, full.contains(label))));
        return new RehearsalState(kept, offered, tallies);
    }
}
