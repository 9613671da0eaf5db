package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ScoringQueueTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final AtomicLong version = new AtomicLong(1);
    private final Semaphore turns = new Semaphore(0);
    private final List<List<String>> batches = Collections.synchronizedList(new ArrayList<>());
    private final Notes notes = new Notes();

    /** Echoes each text as its label, one batch for each turn that is given. */
    private VersionAnswer<Long> echo(List<String> texts) {
        batches.add(texts);
        try {
            // Ends by itself, so that a test which fails before it gives the turn does not wait for its queue.
            assertThat(turns.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        if (texts.contains("poison")) {
            throw new IllegalArgumentException("poison");
        }
        return new VersionAnswer<>(
                version.get(), texts.stream().map(ScoringQueueTest::labelled).toList());
    }

    private static Prediction labelled(String text) {
        return new Prediction(List.of(new Prediction.Score(text, 1)));
    }

    private ScoringQueue<Long> queue(int batchTexts, Duration batchWait, int queuedTexts) {
        return ScoringQueue.start(
                "m", this::echo, new ScoringLimits(batchTexts, batchWait, queuedTexts), notes, System::nanoTime);
    }

    /** Keeps the queue's thread busy with one text, so that what is submitted next waits. */
    private CompletableFuture<VersionAnswer<Long>> busy(ScoringQueue<Long> queue) {
        CompletableFuture<VersionAnswer<Long>> first = queue.submit(List.of("first"));
        await(() -> batches.size() == 1);
        return first;
    }

    private static void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            Thread.onSpinWait();
        }
    }

    private static List<String> labels(CompletableFuture<VersionAnswer<Long>> answer) throws Exception {
        return answer.get(20, TimeUnit.SECONDS).predictions().stream()
                .map(Prediction::label)
                .toList();
    }

    @Test
    void whatQueuesMeanwhileIsAnsweredTogetherInOrderAndNeverByTwoVersions() throws Exception {
        try (ScoringQueue<Long> queue = queue(4, Duration.ZERO, 100)) {
            CompletableFuture<VersionAnswer<Long>> first = busy(queue);
            CompletableFuture<VersionAnswer<Long>> two = queue.submit(List.of("a", "b"));
            CompletableFuture<VersionAnswer<Long>> one = queue.submit(List.of("c"));
            CompletableFuture<VersionAnswer<Long>> notBeside = queue.submit(List.of("d", "e"));
            CompletableFuture<VersionAnswer<Long>> large = queue.submit(List.of("f", "g", "h", "i", "j"));
            assertThat(notes.queued.get()).isEqualTo(10);
            turns.release(1);
            assertThat(labels(first)).containsExactly("first");
            await(() -> batches.size() == 2);
            version.set(2);
            turns.release(3);

            assertThat(labels(two)).containsExactly("a", "b");
            assertThat(labels(one)).containsExactly("c");
            assertThat(labels(notBeside)).containsExactly("d", "e");
            assertThat(labels(large)).containsExactly("f", "g", "h", "i", "j");
            assertThat(first.join().version()).isEqualTo(1);
            assertThat(two.join().version()).isEqualTo(2);
            assertThat(batches)
                    .containsExactly(
                            List.of("first"),
                            List.of("a", "b", "c"),
                            List.of("d", "e"),
                            List.of("f", "g", "h", "i", "j"));
            assertThat(notes.taken).containsExactly(1, 3, 2, 5);
            assertThat(notes.queued.get()).isZero();
        }
    }

    @Test
    void aFullQueueTurnsAwayAndWhatIsCancelledMakesRoomAtOnce() throws Exception {
        try (ScoringQueue<Long> queue = queue(64, Duration.ZERO, 3)) {
            CompletableFuture<VersionAnswer<Long>> first = busy(queue);
            CompletableFuture<VersionAnswer<Long>> cancelled = queue.submit(List.of("a", "b"));
            CompletableFuture<VersionAnswer<Long>> kept = queue.submit(List.of("c"));

            assertThatThrownBy(() -> queue.submit(List.of("d")))
                    .isInstanceOf(QueueFullException.class)
                    .hasMessage("3 texts wait for model m, and 3 are admitted");
            assertThat(notes.refused.get()).isOne();
            assertThatThrownBy(() -> queue.answer(List.of("d"), PATIENCE)).isInstanceOf(QueueFullException.class);

            assertThat(cancelled.cancel(false)).isTrue();
            assertThat(notes.queued.get()).isOne();
            assertThatThrownBy(() -> queue.answer(List.of("too", "late"), Duration.ofNanos(1)))
                    .isInstanceOf(ScoringTimeoutException.class)
                    .hasMessageContaining("model m did not answer within PT0.000000001S");
            assertThat(notes.queued.get()).isOne();
            CompletableFuture<VersionAnswer<Long>> next = queue.submit(List.of("e", "f"));
            turns.release(2);

            assertThat(labels(first)).containsExactly("first");
            assertThat(labels(kept)).containsExactly("c");
            assertThat(labels(next)).containsExactly("e", "f");
            assertThat(batches).containsExactly(List.of("first"), List.of("c", "e", "f"));
        }
    }

    @Test
    void aRequestThatCannotBeAnsweredFailsAlone() throws Exception {
        try (ScoringQueue<Long> queue = queue(64, Duration.ZERO, 100)) {
            CompletableFuture<VersionAnswer<Long>> first = busy(queue);
            CompletableFuture<VersionAnswer<Long>> before = queue.submit(List.of("a"));
            CompletableFuture<VersionAnswer<Long>> poisoned = queue.submit(List.of("b", "poison"));
            CompletableFuture<VersionAnswer<Long>> after = queue.submit(List.of("c"));
            turns.release(100);

            assertThat(labels(first)).containsExactly("first");
            assertThat(labels(before)).containsExactly("a");
            assertThat(labels(after)).containsExactly("c");
            assertThatThrownBy(poisoned::join).hasCauseInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> queue.answer(List.of("poison"), PATIENCE))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("poison");
            assertThat(queue.answer(List.of("goes on"), PATIENCE).predictions()).hasSize(1);
        }
    }

    @Test
    void aBatchWaitsForMoreUntilItIsFullAndNoLongerThanItsTime() throws Exception {
        turns.release(100);
        List<CompletableFuture<VersionAnswer<Long>>> waits = new ArrayList<>();
        try (ScoringQueue<Long> queue = queue(3, Duration.ofDays(1), 100)) {
            CompletableFuture<VersionAnswer<Long>> one = queue.submit(List.of("a"));
            CompletableFuture<VersionAnswer<Long>> gone = queue.submit(List.of("x"));
            gone.cancel(false);
            CompletableFuture<VersionAnswer<Long>> two = queue.submit(List.of("b", "c"));
            assertThat(labels(one)).containsExactly("a");
            assertThat(labels(two)).containsExactly("b", "c");
            assertThat(batches).containsExactly(List.of("a", "b", "c"));

            waits.add(queue.submit(List.of("d")));
        }
        assertThat(waits.get(0)).isCompleted();
        try (ScoringQueue<Long> queue = queue(3, Duration.ofMillis(5), 100)) {
            assertThat(labels(queue.submit(List.of("alone")))).containsExactly("alone");
        }
        assertThat(notes.longestWait.get()).isGreaterThanOrEqualTo(5_000_000);
    }

    @Test
    void closingAnswersWhatWaitsAndAdmitsNoMore() throws Exception {
        List<CompletableFuture<VersionAnswer<Long>>> waiting = new ArrayList<>();
        ExecutorService closer = Executors.newSingleThreadExecutor();
        try (ScoringQueue<Long> queue = queue(2, Duration.ZERO, 100)) {
            waiting.add(busy(queue));
            IntStream.range(0, 5).forEach(i -> waiting.add(queue.submit(List.of("text " + i))));
            CompletableFuture<Void> closing = CompletableFuture.runAsync(queue::close, closer);
            await(() -> isClosed(queue));
            assertThat(closing).isNotDone();
            turns.release(100);
            closing.get(20, TimeUnit.SECONDS);
            assertThat(waiting).allSatisfy(answer -> assertThat(answer).isCompleted());
        } finally {
            closer.shutdownNow();
        }
    }

    private static boolean isClosed(ScoringQueue<Long> queue) {
        try {
            queue.submit(List.of("probe")).cancel(false);
            return false;
        } catch (IllegalStateException e) {
            return true;
        }
    }

    @Test
    void manyThreadsGetTheAnswersThatTheClassifierGivesToTheirTextsAlone(@TempDir Path folder) throws Exception {
        int clients = 8;
        ExecutorService threads = Executors.newFixedThreadPool(clients);
        CountDownLatch start = new CountDownLatch(1);
        try (Classifier classifier = Classifier.load(
                        TinyClassifier.files(folder, List.of("card", "printer", "other"), 32, List.of(TinyBert.head())),
                        TinyBert.CPU);
                ScoringQueue<Long> queue = ScoringQueue.start(
                        "m",
                        texts -> new VersionAnswer<>(1L, classifier.classify(texts)),
                        new ScoringLimits(64, Duration.ZERO, 1024),
                        notes,
                        System::nanoTime)) {
            List<CompletableFuture<Void>> clientsDone = IntStream.range(0, clients)
                    .mapToObj(client -> CompletableFuture.runAsync(
                            () -> {
                                try {
                                    start.await();
                                } catch (InterruptedException e) {
                                    throw new IllegalStateException(e);
                                }
                                for (int i = 0; i < 25; i++) {
                                    List<String> texts = texts(client, i);
                                    assertSame(queue.answer(texts, PATIENCE).predictions(), classifier.classify(texts));
                                }
                            },
                            threads))
                    .toList();
            start.countDown();
            for (CompletableFuture<Void> done : clientsDone) {
                done.get(30, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(notes.taken).anyMatch(size -> size > 3);
    }

    private static List<String> texts(int client, int turn) {
        return IntStream.rangeClosed(0, turn % 3)
                .mapToObj(i -> "my card ".repeat((client + turn + i) % 6) + "does not print " + client)
                .toList();
    }

    private static void assertSame(List<Prediction> answers, List<Prediction> expected) {
        assertThat(answers).hasSameSizeAs(expected);
        for (int i = 0; i < answers.size(); i++) {
            assertThat(answers.get(i).label()).isEqualTo(expected.get(i).label());
            assertThat(answers.get(i).confidence()).isCloseTo(expected.get(i).confidence(), within(1e-5));
        }
    }

    private static final class Notes implements ScoringObserver {

        private final AtomicInteger queued = new AtomicInteger();
        private final AtomicInteger refused = new AtomicInteger();
        private final AtomicLong longestWait = new AtomicLong();
        private final List<Integer> taken = Collections.synchronizedList(new ArrayList<>());

        @Override
        public void queued(String model, int texts) {
            queued.addAndGet(texts);
        }

        @Override
        public void taken(String model, int texts, Duration waited) {
            taken.add(texts);
            longestWait.accumulateAndGet(waited.toNanos(), Math::max);
        }

        @Override
        public void refused(String model) {
            refused.incrementAndGet();
        }
    }
}
