package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.millrace.registry.ReportSink;
import dev.millrace.trainer.ProgressReport.Found;
import dev.millrace.trainer.ProgressReport.Tally;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ProgressReporterTest {

    private final AtomicLong nanos = new AtomicLong();
    private final List<ProgressReport> sent = new ArrayList<>();
    private final List<Runnable> losses = new ArrayList<>();
    private boolean kafkaIsGone;

    private final ProgressReporter reporter = new ProgressReporter(
            "here",
            new ReportSink<>() {
                @Override
                public void send(ProgressReport report, Runnable lost) throws Exception {
                    if (kafkaIsGone) {
                        throw new TimeoutException("nobody answers");
                    }
                    sent.add(report);
                    losses.add(lost);
                }

                @Override
                public void close() {}
            },
            Clock.fixed(HelpDesk.START, ZoneOffset.UTC),
            nanos::get);

    @Test
    void addsUpWhatCameSinceTheReportBefore() {
        reporter.opened("m", 2, standing(0, 0));
        nanos.addAndGet(Duration.ofMillis(700).toNanos());
        reporter.answeredEach("m", standing(2, 1), List.of(right(0, "a"), wrong(1, "b")));
        reporter.answeredEach("m", standing(4, 2), List.of(wrong(3, "a"), right(4, "b")));
        reporter.drifted("m", new Drift("b", 10, 0.1, 5, 0.8, 3));
        reporter.lag("m", 7);
        reporter.sendDue();

        ProgressReport first = sent.get(0);
        assertThat(first.model()).isEqualTo("m");
        assertThat(first.instance()).isEqualTo("here");
        assertThat(first.time()).isEqualTo(HelpDesk.START);
        assertThat(first.partition()).isEqualTo(2);
        assertThat(first.standing()).isEqualTo(standing(4, 2));
        assertThat(first.lag()).isEqualTo(7);
        assertThat(first.elapsed()).isEqualTo(Duration.ofMillis(700));
        assertThat(first.news().examples()).isEqualTo(4);
        assertThat(first.news().labels()).isEqualTo(Map.of("a", new Tally(2, 1), "b", new Tally(2, 1)));
        assertThat(first.news().mistakes()).containsExactly(wrong(1, "b"), wrong(3, "a"));
        assertThat(first.news().drifts()).containsExactly(new Found("b", 3));

        reporter.answeredEach("m", standing(5, 3), List.of(right(6, "a")));
        reporter.sendDue();
        assertThat(sent.get(1).news().labels()).isEqualTo(Map.of("a", new Tally(1, 1)));
        assertThat(sent.get(1).news().mistakes()).isEmpty();
        assertThat(sent.get(1).news().drifts()).isEmpty();
    }

    @Test
    void isSilentWithoutNewsButNotForLong() {
        reporter.opened("m", 0, standing(0, 0));
        reporter.sendDue();
        reporter.lag("m", 3);
        reporter.sendDue();
        assertThat(sent).extracting(ProgressReport::lag).containsExactly(null, 3L);

        reporter.lag("m", 3);
        nanos.addAndGet(Duration.ofSeconds(10).toNanos() - 1);
        reporter.sendDue();
        assertThat(sent).hasSize(2);
        nanos.addAndGet(1);
        reporter.sendDue();
        assertThat(sent).hasSize(3);
        assertThat(sent.get(2).elapsed()).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void tellsOfNoModelThatItDoesNotTrain() {
        reporter.opened("m", 0, standing(0, 0));
        reporter.opened("n", 0, standing(0, 0));
        reporter.sendDue();
        reporter.answeredEach("m", standing(1, 1), List.of(right(0, "a")));
        reporter.closed("m");
        reporter.closed("n");
        reporter.lag("m", 5);
        reporter.answeredEach("n", standing(1, 1), List.of(right(0, "a")));
        nanos.addAndGet(Duration.ofMinutes(1).toNanos());
        reporter.sendDue();
        reporter.sendDue();
        assertThat(sent)
                .extracting(ProgressReport::model, report -> report.news().examples())
                .as("what was new before it was closed is told, and then no more")
                .containsExactly(tuple("m", 0L), tuple("n", 0L), tuple("m", 1L));
    }

    @Test
    void holdsASampleOfMistakesAndNeverMoreLabelsThanFitInAReport() {
        reporter.opened("m", 0, standing(0, 0));
        List<AnsweredExample> many = IntStream.range(0, 2_500)
                .mapToObj(i -> wrong(i, "label-" + i % 1_250))
                .toList();
        reporter.answeredEach("m", standing(2_500, 0), many);
        reporter.sendDue();
        reporter.sendDue();
        reporter.sendDue();
        assertThat(sent).hasSize(2);
        assertThat(sent).extracting(report -> report.news().labels().size()).containsExactly(1_000, 250);
        assertThat(sent).extracting(report -> report.news().examples()).containsExactly(2_500L, 0L);
        ProgressReport.News news = sent.get(0).news();
        assertThat(news.mistakes()).hasSize(200).doesNotHaveDuplicates();
        assertThat(news.mistakes()).isSortedAccordingTo((a, b) -> Long.compare(a.offset(), b.offset()));
        assertThat(news.mistakesLeftOut()).isEqualTo(2_300);
        // Of 200 out of 2,500 drawn alike, some 100 lie in each half.
        LongStream firstHalf =
                news.mistakes().stream().mapToLong(AnsweredExample::offset).filter(at -> at < 1_250);
        assertThat(firstHalf.count()).isBetween(70L, 130L);
    }

    @Test
    void dropsAndCountsWhatCannotBeSentAndGoesOn() {
        reporter.opened("m", 0, standing(0, 0));
        kafkaIsGone = true;
        reporter.sendDue();
        assertThat(reporter.dropped()).isEqualTo(1);

        kafkaIsGone = false;
        reporter.answeredEach("m", standing(9, 8), List.of(right(8, "a")));
        reporter.sendDue();
        assertThat(sent).extracting(ProgressReport::standing).containsExactly(standing(9, 8));
        losses.get(0).run();
        assertThat(reporter.dropped()).isEqualTo(2);
    }

    private static Standing standing(long examples, long correct) {
        return new Standing(examples, examples, examples, correct, 2, StepReport.Votes.NONE, 0.5);
    }

    private static AnsweredExample right(long offset, String label) {
        return new AnsweredExample(offset, label, label);
    }

    private static AnsweredExample wrong(long offset, String label) {
        return new AnsweredExample(offset, label, "other");
    }
}
