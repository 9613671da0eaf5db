package dev.millrace.trainer;

import dev.millrace.trainer.Adwin.Change;
import dev.millrace.trainer.DriftState.Window;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Looks for drift in the answers that a model gives before it learns: a window over all of them, and one for each label.
 * All labels together show a change long before each of them does; once they have, each is judged by its answers since.
 * Not thread-safe.
 */
final class DriftWatch {

    /** How many times larger the learning rate is after a drift, where that is the reaction. */
    static final double RAISED_RATE = 3;

    /** For how many examples it is. */
    static final long RAISED_FOR = 1000;

    /** For how many examples after a drift all layers learn alike, where that is the reaction. */
    static final long THAWED_FOR = 1000;

    /** For how many examples after a drift over all labels each label is judged with that in mind. */
    private static final long SUSPECTED_FOR = 1500;

    /** The least evidence that a single label has changed, as the logarithm of a ratio of likelihoods. */
    private static final double LEAST_LIKELIHOOD = 4;

    private final Adwin all;
    private final Map<String, Adwin> labels = new LinkedHashMap<>();
    private long suspectedSince;
    private long suspectedThrough;
    private long raisedThrough;
    private long thawedThrough;

    DriftWatch(DriftState state) {
        Adwin found = new Adwin(List.of());
        for (Window window : state.windows()) {
            if (window.label() == null) {
                found = new Adwin(window.buckets());
            } else {
                labels.put(window.label(), new Adwin(window.buckets()));
            }
        }
        all = found;
        suspectedSince = state.suspectedSince();
        suspectedThrough = state.suspectedThrough();
        raisedThrough = state.raisedThrough();
        thawedThrough = state.thawedThrough();
    }

    /**
     * Takes an answer.
     *
     * @param number of the example, among all that were learned since the base
     * @param label that would have been right, one that the model knew
     * @param wrong whether the answer was another
     * @param confidence the chance of a false alarm that is accepted in the life of a window
     * @return what has become worse
     */
    List<Drift> add(long number, String label, boolean wrong, double confidence) {
        List<Drift> found = new ArrayList<>();
        Adwin own = labels.computeIfAbsent(label, unseen -> new Adwin(List.of()));
        Optional<Change> change = own.add(number, wrong, confidence);
        if (number <= suspectedThrough) {
            change = change.or(() -> own.cutAt(suspectedSince, suspicion()));
        }
        decline(label, change).ifPresent(found::add);
        decline(null, all.add(number, wrong, confidence)).ifPresent(drift -> {
            found.add(drift);
            found.addAll(suspect(drift.since(), number + SUSPECTED_FOR));
        });
        return found;
    }

    /** When the answers became worse over all, some labels are why: of each, less is needed to be sure. */
    private List<Drift> suspect(long since, long through) {
        suspectedSince = since;
        suspectedThrough = through;
        List<Drift> found = new ArrayList<>();
        labels.forEach((label, window) ->
                decline(label, window.cutAt(since, suspicion())).ifPresent(found::add));
        return found;
    }

    /** Where the answers to all labels together have changed, if that was not long before an example; else no number. */
    long suspectedSince(long number) {
        return number <= suspectedThrough ? suspectedSince : Long.MAX_VALUE;
    }

    /** Half a false alarm is accepted over all labels. */
    private double suspicion() {
        return Math.max(StrictMath.log(2.0 * labels.size()), LEAST_LIKELIHOOD);
    }

    private static Optional<Drift> decline(@Nullable String label, Optional<Change> change) {
        return change.filter(Change::isWorse)
                .map(worse -> new Drift(
                        label,
                        worse.before().size(),
                        worse.before().rate(),
                        worse.after().size(),
                        worse.after().rate(),
                        worse.after().first()));
    }

    /** From the next example on the learning rate is raised for a while. */
    void raiseRate(long number) {
        raisedThrough = number + RAISED_FOR;
    }

    /** What the learning rate is multiplied with at an example. */
    double rateFactor(long number) {
        return number <= raisedThrough ? RAISED_RATE : 1;
    }

    /** From the next example on all layers learn alike for a while. */
    void thaw(long number) {
        thawedThrough = number + THAWED_FOR;
    }

    /** Whether they do at an example. */
    boolean isThawed(long number) {
        return number <= thawedThrough;
    }

    void retire(String label) {
        labels.remove(label);
    }

    void rename(String from, String to) {
        Adwin window = labels.remove(from);
        if (window != null) {
            labels.put(to, window);
        }
    }

    DriftState state() {
        List<Window> windows = new ArrayList<>();
        windows.add(new Window(null, all.buckets()));
        labels.forEach((label, window) -> windows.add(new Window(label, window.buckets())));
        return new DriftState(windows, suspectedSince, suspectedThrough, raisedThrough, thawedThrough);
    }
}
