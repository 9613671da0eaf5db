package dev.millrace.app.console;

import dev.millrace.trainer.ProgressReport;
import dev.millrace.trainer.Standing;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The learning curve of a model, as far as it was reported: at most {@value #MOST_POINTS} places, evenly spread over the
 * examples. Immutable; what it holds depends on the reports alone.
 *
 * @param points by their examples, ascending
 * @param stride of how many examples there is one place at most
 * @param recent how things stood lately, which windows are measured from; oldest first
 */
record ProgressCurve(List<CurvePoint> points, long stride, List<Mark> recent) {

    static final int MOST_POINTS = 600;

    /** Over how many examples windows reach, as soon as there are so many. */
    static final int WINDOW = 200;

    static final ProgressCurve NONE = new ProgressCurve(List.of(), 1, List.of(new Mark(0, 0, Map.of())));

    /**
     * How things stood.
     *
     * @param examples answered since the base
     * @param correct answered right
     * @param votes answered right by each opinion
     */
    record Mark(long examples, long correct, Map<String, Long> votes) {

        static Mark of(Standing standing) {
            return new Mark(
                    standing.examples(), standing.correct(), standing.votes().correct());
        }
    }

    ProgressCurve {
        points = List.copyOf(points);
        recent = List.copyOf(recent);
    }

    /** How many examples it has come to. */
    long examples() {
        return recent.get(recent.size() - 1).examples();
    }

    /** The latest place, or null before the first. */
    @Nullable CurvePoint latest() {
        return points.isEmpty() ? null : points.get(points.size() - 1);
    }

    /** The curve with what a report says; one of fewer examples than before cuts it back to there. */
    ProgressCurve plus(ProgressReport report) {
        Standing standing = report.standing();
        if (standing.examples() < examples()) {
            return upTo(standing.examples()).plus(report);
        }
        if (standing.examples() == examples()) {
            return this;
        }
        Mark now = Mark.of(standing);
        List<Mark> marks = new ArrayList<>(recent);
        while (marks.size() > 1 && marks.get(1).examples() <= now.examples() - WINDOW) {
            marks.remove(0);
        }
        List<CurvePoint> longer = new ArrayList<>(points);
        append(longer, point(report, marks.get(0), now), stride);
        marks.add(now);
        long coarser = stride;
        while (longer.size() > MOST_POINTS) {
            coarser *= 2;
            longer = merged(longer, coarser);
        }
        return new ProgressCurve(longer, coarser, marks);
    }

    private ProgressCurve upTo(long examples) {
        List<Mark> marks =
                recent.stream().filter(mark -> mark.examples() <= examples).toList();
        return new ProgressCurve(
                points.stream().filter(point -> point.examples() <= examples).toList(),
                stride,
                marks.isEmpty() ? NONE.recent : marks);
    }

    private CurvePoint point(ProgressReport report, Mark from, Mark now) {
        Standing standing = report.standing();
        String frozen = standing.votes().bestFrozen().orElse(null);
        return new CurvePoint(
                now.examples(),
                now.examples() - examples(),
                report.time(),
                share(now.correct(), now.examples()),
                share(now.correct() - from.correct(), now.examples() - from.examples()),
                frozen == null ? null : Double.valueOf(share(votes(now, frozen), now.examples())),
                frozen == null
                        ? null
                        : Double.valueOf(
                                share(votes(now, frozen) - votes(from, frozen), now.examples() - from.examples())),
                standing.loss());
    }

    private static long votes(Mark mark, String voter) {
        return mark.votes().getOrDefault(voter, 0L);
    }

    /** Within 0 and 1 also where the counts come from two lives of a model that were not the same. */
    private static double share(long correct, long examples) {
        return Math.max(0, Math.min(1, (double) correct / examples));
    }

    private static List<CurvePoint> merged(List<CurvePoint> points, long stride) {
        List<CurvePoint> fewer = new ArrayList<>();
        points.forEach(point -> append(fewer, point, stride));
        return fewer;
    }

    private static void append(List<CurvePoint> points, CurvePoint point, long stride) {
        int last = points.size() - 1;
        if (last >= 0 && place(points.get(last), stride) == place(point, stride)) {
            points.set(last, points.get(last).merged(point));
        } else {
            points.add(point);
        }
    }

    private static long place(CurvePoint point, long stride) {
        return (point.examples() - 1) / stride;
    }
}
