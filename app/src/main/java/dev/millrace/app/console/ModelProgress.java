package dev.millrace.app.console;

import dev.millrace.trainer.AnsweredExample;
import dev.millrace.trainer.ProgressReport;
import dev.millrace.trainer.ProgressReport.Found;
import dev.millrace.trainer.ProgressReport.Tally;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the training of a model: its reports, folded in their order. It takes no more memory however many
 * there are. Immutable; what it holds depends on the reports alone.
 *
 * @param latest the latest report: where the model stands, its lag, when it was last heard of
 * @param curve how good it was on its way
 * @param drifts that were found, oldest first, the latest {@value #MOST_DRIFTS}
 * @param labels how the examples of each were answered, at most {@value #MOST_LABELS} labels
 * @param unlisted how many examples of other labels were answered
 * @param confusions which labels are taken for which
 * @param mistakes the latest wrong answers, newest first, at most {@value #MOST_MISTAKES}
 * @param examplesPerSecond of late: older times fade within seconds
 */
record ModelProgress(
        ProgressReport latest,
        ProgressCurve curve,
        List<DriftMark> drifts,
        SortedMap<String, LabelProgress> labels,
        long unlisted,
        Confusions confusions,
        List<AnsweredExample> mistakes,
        double examplesPerSecond) {

    static final int MOST_DRIFTS = 100;
    static final int MOST_LABELS = 5_000;
    static final int MOST_MISTAKES = 100;

    private static final double FADING_SECONDS = 5;

    /**
     * A drift on the curve.
     *
     * @param label whose answers became worse, or null for those of all labels
     * @param examples the place on the curve where it was reported
     * @param since the number of the first example after the change, among those that were learned
     * @param time when it was reported
     */
    record DriftMark(@Nullable String label, long examples, long since, Instant time) {}

    ModelProgress {
        drifts = List.copyOf(drifts);
        labels = Collections.unmodifiableSortedMap(labels);
        mistakes = List.copyOf(mistakes);
    }

    /** What the first report that is known says. */
    static ModelProgress of(ProgressReport first) {
        return new ModelProgress(
                        first, ProgressCurve.NONE, List.of(), new TreeMap<>(), 0, Confusions.NONE, List.of(), 0)
                .plus(first);
    }

    /** What is known with one more report. One of fewer examples than before tells that the model went back to there. */
    ModelProgress plus(ProgressReport next) {
        SortedMap<String, LabelProgress> table = labels;
        long left = unlisted;
        if (!next.news().labels().isEmpty()) {
            table = new TreeMap<>(labels);
            for (Map.Entry<String, Tally> news : next.news().labels().entrySet()) {
                LabelProgress known = table.get(news.getKey());
                if (known == null && table.size() >= MOST_LABELS) {
                    left += news.getValue().answered();
                } else {
                    table.put(news.getKey(), (known == null ? LabelProgress.NONE : known).plus(news.getValue()));
                }
            }
        }
        return new ModelProgress(
                next,
                curve.plus(next),
                driftsWith(next),
                table,
                left,
                confusions.plus(next.news().mistakes()),
                mistakesWith(next),
                rateWith(next));
    }

    private List<DriftMark> driftsWith(ProgressReport next) {
        List<DriftMark> marks = new ArrayList<>();
        long examples = next.standing().examples();
        drifts.stream().filter(mark -> mark.examples() <= examples).forEach(marks::add);
        for (Found found : next.news().drifts()) {
            marks.add(new DriftMark(found.label(), examples, found.since(), next.time()));
        }
        return marks.subList(Math.max(0, marks.size() - MOST_DRIFTS), marks.size());
    }

    private List<AnsweredExample> mistakesWith(ProgressReport next) {
        List<AnsweredExample> newest = new ArrayList<>(next.news().mistakes());
        Collections.reverse(newest);
        long known = newest.isEmpty()
                ? next.standing().nextOffset()
                : newest.get(newest.size() - 1).offset();
        mistakes.stream().filter(mistake -> mistake.offset() < known).forEach(newest::add);
        return newest.subList(0, Math.min(MOST_MISTAKES, newest.size()));
    }

    private double rateWith(ProgressReport next) {
        double seconds =
                next.elapsed().toNanos() / (double) Duration.ofSeconds(1).toNanos();
        if (seconds <= 0) {
            return examplesPerSecond;
        }
        double kept = Math.exp(-seconds / FADING_SECONDS);
        return kept * examplesPerSecond + (1 - kept) * next.news().examples() / seconds;
    }
}
