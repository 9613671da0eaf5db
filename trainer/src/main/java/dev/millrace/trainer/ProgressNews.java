package dev.millrace.trainer;

import dev.millrace.trainer.ProgressReport.Found;
import dev.millrace.trainer.ProgressReport.News;
import dev.millrace.trainer.ProgressReport.Tally;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What is new of one model since the report before, however long nobody takes it away. Not thread-safe. */
final class ProgressNews {

    private static final int MOST_DRIFTS = 100;

    private final String model;
    private final int partition;
    private final Map<String, Tally> labels = new LinkedHashMap<>();
    private final List<Found> drifts = new ArrayList<>();
    private final List<AnsweredExample> mistakes = new ArrayList<>();
    // Which mistakes are told is no part of what is learned.
    private final SplittableRandom random = new SplittableRandom(1);
    private Standing standing;
    private @Nullable Long lag;
    private long examples;
    private long mistakesMet;
    private boolean changed = true;
    private long takenNanos;

    ProgressNews(String model, int partition, Standing standing, long nowNanos) {
        this.model = model;
        this.partition = partition;
        this.standing = standing;
        this.takenNanos = nowNanos;
    }

    void add(Standing reached, List<AnsweredExample> answered) {
        standing = reached;
        changed = true;
        examples += answered.size();
        for (AnsweredExample example : answered) {
            labels.merge(example.label(), new Tally(1, example.isCorrect() ? 1 : 0), Tally::plus);
            if (!example.isCorrect()) {
                addMistake(example);
            }
        }
    }

    /** Keeps a uniform sample (algorithm R: Vitter 1985). */
    private void addMistake(AnsweredExample mistake) {
        mistakesMet++;
        if (mistakes.size() < ProgressReport.MOST_MISTAKES) {
            mistakes.add(mistake);
        } else {
            long place = random.nextLong(mistakesMet);
            if (place < mistakes.size()) {
                mistakes.set((int) place, mistake);
            }
        }
    }

    void add(Drift drift) {
        changed = true;
        if (drifts.size() < MOST_DRIFTS) {
            drifts.add(new Found(drift.label(), drift.since()));
        }
    }

    void lag(long records) {
        changed |= lag == null || lag != records;
        lag = records;
    }

    /** Whether there is anything to tell, or nothing was told for a while. */
    boolean isDue(long nowNanos, Duration longestSilence) {
        return changed || nowNanos - takenNanos >= longestSilence.toNanos();
    }

    /** Takes it all away; what is more than a report holds stays for the next. */
    ProgressReport take(String instance, Instant time, long nowNanos) {
        SortedMap<String, Tally> told = new TreeMap<>();
        Iterator<Map.Entry<String, Tally>> rest = labels.entrySet().iterator();
        while (rest.hasNext() && told.size() < ProgressReport.MOST_LABELS) {
            Map.Entry<String, Tally> label = rest.next();
            told.put(label.getKey(), label.getValue());
            rest.remove();
        }
        mistakes.sort(Comparator.comparingLong(AnsweredExample::offset));
        ProgressReport report = new ProgressReport(
                model,
                instance,
                time,
                partition,
                standing,
                lag,
                Duration.ofNanos(Math.max(0, nowNanos - takenNanos)),
                new News(examples, drifts, told, mistakes, mistakesMet - mistakes.size()));
        drifts.clear();
        mistakes.clear();
        mistakesMet = 0;
        examples = 0;
        takenNanos = nowNanos;
        changed = !labels.isEmpty();
        return report;
    }
}
