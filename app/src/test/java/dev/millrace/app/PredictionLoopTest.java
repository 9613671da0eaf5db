package dev.millrace.app;

import static dev.millrace.app.PredictionScene.await;
import static dev.millrace.app.PredictionScene.input;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.app.FaultyProducer.Step;
import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.ingest.DeadLetter;
import dev.millrace.registry.PredictionRecord;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class PredictionLoopTest {

    @TempDir
    static Path folder;

    private static EmbeddedBroker broker;

    @BeforeAll
    static void start() {
        broker = EmbeddedBroker.start(folder);
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static PredictionScene scene(String name, int partitions) throws Exception {
        return new PredictionScene(broker.bootstrapServers(), name, partitions);
    }

    private static String header(ConsumerRecord<byte[], byte[]> letter, String name) {
        return new String(letter.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }

    @Test
    void answersEachInputWithTheVersionThatServedAndSetsAsideWhatItCannot() throws Exception {
        PredictionScene scene = scene("answers", 1);
        scene.send(
                0,
                Stream.of(
                        input("1", "a", "first"),
                        "no json",
                        input("2", "a", "poison"),
                        input("3", "a", "third"),
                        input("4", "c", "unknown")));
        try (PredictionService service = scene.service()) {
            await("the first are answered", () -> scene.predicted("a") == 2);
            scene.version.set(2);
            scene.send(0, Stream.of(input("5", "a", "fifth")));
            await("the swap shows", () -> scene.predicted("a") == 3);
            assertThat(service.failure()).isEmpty();
            assertThat(service.problem()).isEmpty();
        }
        List<PredictionRecord> predictions = scene.predictions(3);
        assertThat(predictions)
                .extracting(one -> one.id() + " " + one.label() + " v" + one.version() + " @"
                        + one.input().offset())
                .containsExactly("1 first v1 @0", "3 third v1 @3", "5 fifth v2 @5");
        assertThat(predictions.get(0).top())
                .containsExactly(new PredictionRecord.Score("first", 0.5), new PredictionRecord.Score("second", 0.25));
        assertThat(predictions.get(0).input().topic()).isEqualTo(scene.settings.inputs());
        assertThat(predictions.get(0).time()).isEqualTo(PredictionScene.NOW);
        List<ConsumerRecord<byte[], byte[]>> letters = scene.deadLetters(3);
        assertThat(letters)
                .extracting(letter -> header(letter, DeadLetter.OFFSET) + " " + header(letter, DeadLetter.REASON))
                .containsExactlyInAnyOrder("1 not_json", "2 scoring_failed", "4 model_unknown");
        assertThat(scene.rejected).containsExactlyInAnyOrder("not_json", "scoring_failed", "model_unknown");
        assertThat(new String(letters.get(0).value(), StandardCharsets.UTF_8)).isEqualTo("no json");
    }

    @Test
    void inputsOfAModelWithoutAVersionWaitAndTheirPartitionWithThemButNoOther() throws Exception {
        PredictionScene scene = scene("waits", 2);
        scene.send(0, Stream.of(input("1", "a", "one"), input("2", "b", "two"), input("3", "a", "three")));
        try (PredictionService service = scene.service()) {
            await("what comes before is answered", () -> scene.predicted("a") == 1);
            await("it says so", () -> service.problem().isPresent());
            assertThat(service.problem()).hasValue("no version of b is served yet; its inputs wait");
            scene.send(1, Stream.of(input("4", "a", "four")));
            await("the other partition goes on", () -> scene.predicted("a") == 2);
            assertThat(service.problem()).isPresent();

            scene.servesB.set(true);
            await("all are answered", () -> scene.predicted("a") == 3 && scene.predicted("b") == 1);
            await("nothing waits", () -> service.problem().isEmpty());
        }
        assertThat(scene.predictions(4)).extracting(PredictionRecord::id).containsExactlyInAnyOrder("1", "2", "3", "4");
    }

    @Test
    void inputsOfACreatedModelWaitUntilItIsKnownWhetherThereIsOneAndNoLongerThanItsJobIsThere() throws Exception {
        PredictionScene scene = scene("created", 1);
        AtomicBoolean isServed = new AtomicBoolean();
        scene.created = model -> {
            throw new TimeoutException("the registry does not answer");
        };
        scene.send(0, Stream.of(input("1", "c", "one"), input("2", "a", "two")));
        try (PredictionService service = scene.service()) {
            await(
                    "it waits for the registry",
                    () -> service.problem()
                            .filter(problem -> problem.contains("the registry does not answer"))
                            .isPresent());
            scene.created = model -> Optional.of(isServed::get);
            await(
                    "it waits for a version",
                    () -> service.problem()
                            .filter(problem -> problem.equals("no version of c is served yet; its inputs wait"))
                            .isPresent());
            isServed.set(true);
            await("both are answered", () -> scene.predicted("c") == 1 && scene.predicted("a") == 1);

            isServed.set(false);
            scene.send(0, Stream.of(input("3", "d", "three"), input("4", "a", "four")));
            await("it waits again", () -> service.problem().isPresent());
            scene.created = model -> Optional.empty();
            await("what comes after it is answered", () -> scene.predicted("a") == 2);
            assertThat(service.failure()).isEmpty();
        }
        assertThat(scene.predictions(3)).extracting(PredictionRecord::id).containsExactlyInAnyOrder("1", "2", "4");
        assertThat(scene.rejected).containsExactly("model_unknown");
    }

    @Test
    void aModelThatFailsOnEveryTextGivesUpNone() throws Exception {
        PredictionScene scene = scene("fails", 1);
        scene.fails.set(true);
        scene.sendNumbered(0, 0, 20);
        try (Consumer<byte[], byte[]> consumer = PredictionClients.consumer(scene.settings);
                PredictionLoop loop = scene.loop(consumer, () -> scene.producer("fails"))) {
            AtomicInteger failed = new AtomicInteger();
            await("it fails twice", () -> failed.get() == 2, () -> {
                if (loop.runOnce() == PredictionLoop.Turn.TRY_LATER) {
                    failed.incrementAndGet();
                }
            });
            assertThat(loop.problem().orElseThrow()).contains("model a answers no text at all", "no memory");
            scene.fails.set(false);
            await("it answers", () -> scene.predicted("a") == 20, loop::runOnce);
            assertThat(loop.problem()).isEmpty();
        }
        scene.assertEachOnce(20);
        assertThat(scene.deadLetters(0)).isEmpty();
        assertThat(scene.batches).contains(8).allMatch(size -> size <= 8);
    }

    @Test
    void aTransactionThatFailsAnywhereAnswersNothingTwiceAndLosesNothing() throws Exception {
        PredictionScene scene = scene("faults", 2);
        scene.sendNumbered(0, 0, 120);
        scene.sendNumbered(1, 120, 200);
        SplittableRandom random = new SplittableRandom(7);
        AtomicInteger faults = new AtomicInteger();
        Map<String, Object> properties = PredictionClients.producer(scene.settings, "faults");
        try (Consumer<byte[], byte[]> consumer = PredictionClients.consumer(scene.settings);
                PredictionLoop loop = scene.loop(
                        consumer,
                        () -> new FaultyProducer(properties, step -> {
                            if (random.nextInt(6) == 0) {
                                faults.incrementAndGet();
                                throw new TimeoutException("no answer " + step);
                            }
                        }))) {
            await(
                    "all are answered",
                    () -> scene.predicted("a") >= 200 - 32 * faults.get()
                            && scene.predictions(0).size() >= 200,
                    loop::runOnce);
        }
        assertThat(faults.get()).isPositive();
        scene.assertEachOnce(200);
    }

    @Test
    void whatAKilledProcessLeftOpenIsNeverSeenAndItsZombieCannotCommit() throws Exception {
        PredictionScene scene = scene("killed", 1);
        scene.sendNumbered(0, 0, 30);
        Map<String, Object> properties = PredictionClients.producer(scene.settings, scene.settings.transactionalId());
        AtomicBoolean dead = new AtomicBoolean();
        Consumer<byte[], byte[]> consumer = PredictionClients.consumer(scene.settings);
        FaultyProducer[] zombie = new FaultyProducer[1];
        PredictionLoop killed = scene.loop(consumer, () -> {
            zombie[0] = new FaultyProducer(properties, step -> {
                if (step == Step.BEFORE_COMMIT && !dead.getAndSet(true)) {
                    throw new Killed();
                }
            });
            return zombie[0];
        });
        await("it dies in its first transaction", dead::get, () -> {
            try {
                killed.runOnce();
            } catch (Killed e) {
                assertThat(dead).isTrue();
            }
        });
        assertThat(scene.predictions(0)).isEmpty();

        try (PredictionService next = scene.service()) {
            await("the next process answers", () -> scene.predicted("a") == 30);
            assertThat(next.failure()).isEmpty();
            assertThatThrownBy(() -> zombie[0].commitTransaction()).isInstanceOf(ProducerFencedException.class);
        } finally {
            zombie[0].close(Duration.ZERO);
            consumer.close();
        }
        scene.assertEachOnce(30);
    }

    @Test
    void aMemberThatTheGroupHasPutOutCommitsNothingAndJoinsAgain() throws Exception {
        PredictionScene scene = scene("fenced", 1);
        scene.sendNumbered(0, 0, 30);
        AtomicInteger removed = new AtomicInteger();
        Map<String, Object> properties = PredictionClients.producer(scene.settings, "fenced-unnamed");
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()));
                Consumer<byte[], byte[]> consumer = PredictionClients.consumer(scene.unnamed());
                PredictionLoop loop = scene.loop(
                        consumer,
                        () -> new FaultyProducer(properties, step -> {
                            if (step == Step.BEFORE_OFFSETS && removed.getAndIncrement() == 0) {
                                putOut(admin, scene.settings.groupId());
                            }
                        }))) {
            await("all are answered", () -> scene.predicted("a") == 30, loop::runOnce);
        }
        assertThat(removed.get()).isGreaterThan(1);
        scene.assertEachOnce(30);
    }

    @Test
    void inputsWaitWhileKafkaIsAway() throws Exception {
        PredictionScene scene = scene("away", 1);
        scene.sendNumbered(0, 0, 10);
        try (PredictionService service = scene.service()) {
            await("the first are answered", () -> scene.predicted("a") == 10);
            int port = Integer.parseInt(broker.bootstrapServers()
                    .substring(broker.bootstrapServers().lastIndexOf(':') + 1));
            broker.close();
            broker = EmbeddedBroker.start(folder, port);
            scene.sendNumbered(0, 10, 30);
            await("the others are answered", () -> scene.predicted("a") == 30);
            assertThat(service.failure()).isEmpty();
        }
        scene.assertEachOnce(30);
    }

    private static void putOut(Admin admin, String group) {
        try {
            admin.removeMembersFromConsumerGroup(group, new RemoveMembersFromConsumerGroupOptions())
                    .all()
                    .get(30, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void severalProcessesShareThePartitions() throws Exception {
        PredictionScene scene = scene("shared", 2);
        try (Consumer<byte[], byte[]> one = PredictionClients.consumer(scene.unnamed());
                Consumer<byte[], byte[]> other = PredictionClients.consumer(scene.unnamed());
                PredictionLoop first = scene.loop(one, () -> scene.producer("shared-1"));
                PredictionLoop second = scene.loop(other, () -> scene.producer("shared-2"))) {
            await(
                    "each has a partition",
                    () -> Stream.of(one, other)
                            .map(Consumer::assignment)
                            .map(Collection::size)
                            .allMatch(size -> size == 1),
                    () -> {
                        first.runOnce();
                        second.runOnce();
                    });
            scene.sendNumbered(0, 0, 20);
            scene.sendNumbered(1, 20, 40);
            await("all are answered", () -> scene.predicted("a") == 40, () -> {
                first.runOnce();
                second.runOnce();
            });
        }
        scene.assertEachOnce(40);
    }

    private static final class Killed extends Error {
        private static final long serialVersionUID = 1L;
    }
}
