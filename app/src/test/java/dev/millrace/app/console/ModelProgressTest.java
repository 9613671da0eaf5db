package dev.millrace.app.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.app.console.Confusions.Confusion;
import dev.millrace.app.console.ModelProgress.DriftMark;
import dev.millrace.trainer.AnsweredExample;
import dev.millrace.trainer.ProgressReport;
import dev.millrace.trainer.ProgressReport.Found;
import dev.millrace.trainer.ProgressReport.News;
import dev.millrace.trainer.ProgressReport.Tally;
import dev.millrace.trainer.Standing;
import dev.millrace.trainer.StepReport;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ModelProgressTest {

    private static final Instant START = Instant.parse("2026-11-24T10:00:00Z");

    @Test
    void accuraciesAreThoseOfAllExamplesAndOfTheLatestTwoHundred() {
        // Wrong up to 300, then right; the linear voter is right one time in two, the neighbours one in four.
        ModelProgress progress = null;
        for (long examples = 10; examples <= 600; examples += 10) {
            progress = plus(
                    progress, report(examples, Math.max(0, examples - 300), examples / 2, examples / 4, News.NONE));
        }
        Objects.requireNonNull(progress);
        List<CurvePoint> points = progress.curve().points();
        assertThat(points).hasSize(60);
        CurvePoint at400 = points.get(39);
        assertThat(at400.examples()).isEqualTo(400);
        assertThat(at400.accuracy()).isEqualTo(0.25);
        assertThat(at400.windowAccuracy()).isEqualTo(0.5);
        assertThat(at400.baselineAccuracy()).isEqualTo(0.5);
        assertThat(at400.baselineWindowAccuracy()).isEqualTo(0.5);
        assertThat(at400.time()).isEqualTo(START.plusSeconds(400));
        assertThat(points.get(59).windowAccuracy()).isEqualTo(1);
        assertThat(points.get(4).windowAccuracy()).as("while there are fewer").isZero();
        assertThat(progress.latest().standing().examples()).isEqualTo(600);
    }

    @Test
    void aModelWithoutVotersHasNoBaseline() {
        Standing alone = new Standing(
                10, 1, 10, 5, 2, new StepReport.Votes(10, Map.of("fine-tuned", 5L), Map.of("fine-tuned", 1.0), 0), 1);
        ProgressReport report =
                new ProgressReport("m", "here", START, 0, alone, null, Duration.ofSeconds(1), News.NONE);
        CurvePoint point = ModelProgress.of(report).curve().points().get(0);
        assertThat(point.baselineAccuracy()).isNull();
        assertThat(point.baselineWindowAccuracy()).isNull();
        assertThat(point.windowAccuracy()).isEqualTo(0.5);
    }

    @Test
    void theCurveStaysShortAndEvenHoweverManyReportsThereAre() {
        ModelProgress progress = null;
        for (long examples = 7; examples <= 70_000; examples += 7) {
            progress = plus(progress, report(examples, examples / 2, examples / 4, 0, News.NONE));
        }
        Objects.requireNonNull(progress);
        List<CurvePoint> points = progress.curve().points();
        assertThat(points).hasSizeBetween(ProgressCurve.MOST_POINTS / 2, ProgressCurve.MOST_POINTS);
        assertThat(points.stream().mapToLong(CurvePoint::width).sum()).isEqualTo(70_000);
        assertThat(points.get(points.size() - 1).examples()).isEqualTo(70_000);
        for (int i = 1; i < points.size(); i++) {
            assertThat(points.get(i).examples()).isGreaterThan(points.get(i - 1).examples());
            assertThat(points.get(i).width())
                    .isLessThanOrEqualTo(progress.curve().stride() + 7);
            assertThat(points.get(i).accuracy()).isCloseTo(0.5, within(0.01));
            assertThat(points.get(i).windowAccuracy()).isCloseTo(0.5, within(0.01));
        }
        assertThat(progress.curve().recent().size()).isLessThan(ProgressCurve.WINDOW);
    }

    @Test
    void afterACrashTheCurveGoesOnFromWhereTheModelDoes() {
        News firstNews = news(List.of(new Found("a", 90)), Map.of(), List.of(wrong(95, "a", "b")));
        ModelProgress straight = null;
        for (long examples = 10; examples <= 100; examples += 10) {
            straight = plus(straight, report(examples, examples, examples, 0, News.NONE));
        }
        Objects.requireNonNull(straight);
        ModelProgress crashed = straight.plus(report(120, 110, 100, 0, firstNews))
                .plus(report(140, 120, 100, 0, news(List.of(), Map.of(), List.of(wrong(130, "a", "b")))))
                .plus(report(100, 100, 100, 0, News.NONE));
        assertThat(crashed.curve().points()).isEqualTo(straight.curve().points());
        assertThat(crashed.drifts()).isEmpty();
        assertThat(crashed.mistakes()).containsExactly(wrong(95, "a", "b"));

        ModelProgress again = crashed.plus(report(120, 110, 100, 0, firstNews));
        assertThat(again.curve().points())
                .isEqualTo(straight.plus(report(120, 110, 100, 0, firstNews))
                        .curve()
                        .points());
        assertThat(again.drifts()).containsExactly(new DriftMark("a", 120, 90, START.plusSeconds(120)));
        assertThat(again.mistakes()).as("no offset is there twice").containsExactly(wrong(95, "a", "b"));

        ModelProgress anew = again.plus(report(0, 0, 0, 0, News.NONE)).plus(report(8, 4, 2, 0, News.NONE));
        assertThat(anew.curve().points()).extracting(CurvePoint::examples).containsExactly(8L);
        assertThat(anew.curve().points().get(0).windowAccuracy()).isEqualTo(0.5);
    }

    @Test
    void labelsAreCountedFromTheStartAndOfLate() {
        ModelProgress progress = null;
        for (int i = 1; i <= 30; i++) {
            Tally tally = new Tally(10, i <= 20 ? 0 : 10);
            progress = plus(progress, report(10L * i, 0, 0, 0, news(List.of(), Map.of("a", tally), List.of())));
        }
        Objects.requireNonNull(progress);
        LabelProgress label = Objects.requireNonNull(progress.labels().get("a"));
        assertThat(label.all()).isEqualTo(new Tally(300, 100));
        assertThat(label.recent()).isEqualTo(new Tally(50, 50));
        assertThat(label.plus(new Tally(49, 0)).recent()).isEqualTo(new Tally(99, 50));
    }

    @Test
    void neverHoldsMoreThanItsBounds() {
        ModelProgress progress = null;
        for (int i = 0; i < 60; i++) {
            SortedMap<String, Tally> labels = new TreeMap<>();
            List<AnsweredExample> mistakes = new ArrayList<>();
            for (int j = 0; j < 100; j++) {
                labels.put("label-" + (100 * i + j), new Tally(1, 0));
                mistakes.add(wrong(100 * i + j, "label-" + (100 * i + j), "other"));
            }
            mistakes.add(wrong(100 * i + 99, "often", "other"));
            List<Found> drifts = List.of(new Found("label-" + i, i), new Found(null, i));
            progress = plus(progress, report(100L * i + 100, 0, 0, 0, news(drifts, labels, mistakes)));
        }
        Objects.requireNonNull(progress);
        assertThat(progress.labels()).hasSize(ModelProgress.MOST_LABELS);
        assertThat(progress.unlisted()).isEqualTo(1_000);
        assertThat(progress.mistakes()).hasSize(ModelProgress.MOST_MISTAKES);
        assertThat(progress.mistakes().get(0).offset()).isEqualTo(5_999);
        assertThat(progress.drifts()).hasSize(ModelProgress.MOST_DRIFTS);
        assertThat(progress.confusions().counts()).hasSizeLessThanOrEqualTo(Confusions.MOST_PAIRS);
        assertThat(progress.confusions().worst(1)).containsExactly(new Confusion("often", "other", 60));
    }

    @Test
    void theWorstConfusionsComeFirstAndAnAnswerWithoutALabelIsNone() {
        ModelProgress progress = ModelProgress.of(report(
                6,
                0,
                0,
                0,
                news(
                        List.of(),
                        Map.of(),
                        List.of(
                                wrong(0, "a", ""),
                                wrong(1, "a", "c"),
                                wrong(2, "b", "a"),
                                wrong(3, "a", "b"),
                                wrong(4, "b", "a"),
                                wrong(5, "a", "b")))));
        assertThat(progress.confusions().worst(10))
                .containsExactly(new Confusion("a", "b", 2), new Confusion("b", "a", 2), new Confusion("a", "c", 1));
        assertThat(progress.mistakes()).extracting(AnsweredExample::offset).containsExactly(5L, 4L, 3L, 2L, 1L, 0L);
    }

    @Test
    void theRateFollowsWithinSecondsAndFadesWhenNothingComes() {
        ModelProgress progress = null;
        for (int i = 1; i <= 30; i++) {
            progress = plus(progress, report(50L * i, 0, 0, 0, new News(50, List.of(), new TreeMap<>(), List.of(), 0)));
        }
        Objects.requireNonNull(progress);
        assertThat(progress.examplesPerSecond()).isCloseTo(50, within(0.5));
        ModelProgress quiet = progress;
        for (int i = 0; i < 20; i++) {
            quiet = quiet.plus(report(1_500, 0, 0, 0, News.NONE));
        }
        assertThat(quiet.examplesPerSecond()).isLessThan(1);
        assertThat(quiet.curve()).as("nothing was answered meanwhile").isEqualTo(progress.curve());
    }

    private static ModelProgress plus(@Nullable ModelProgress progress, ProgressReport next) {
        return progress == null ? ModelProgress.of(next) : progress.plus(next);
    }

    private static ProgressReport report(long examples, long correct, long linear, long neighbours, News news) {
        StepReport.Votes votes = new StepReport.Votes(
                examples,
                Map.of("fine-tuned", correct, "linear", linear, "neighbours", neighbours),
                Map.of("fine-tuned", 0.5, "linear", 0.25, "neighbours", 0.25),
                0.1);
        return new ProgressReport(
                "m",
                "here",
                START.plusSeconds(examples),
                0,
                new Standing(examples, examples / 10, examples, correct, 2, votes, 0.5),
                0L,
                Duration.ofSeconds(1),
                news);
    }

    private static News news(List<Found> drifts, Map<String, Tally> labels, List<AnsweredExample> mistakes) {
        return new News(0, drifts, new TreeMap<>(labels), mistakes, 0);
    }

    private static AnsweredExample wrong(long offset, String label, String answer) {
        return new AnsweredExample(offset, label, answer);
    }
}
