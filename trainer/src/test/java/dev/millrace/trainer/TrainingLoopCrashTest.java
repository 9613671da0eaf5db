package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.registry.Artifact;
import dev.millrace.registry.VersionPublisher;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.TrainerBench.Site;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever happens to trainers, the versions are those of one that nothing happened to. */
@Timeout(180)
class TrainingLoopCrashTest {

    private static final int COUNT = 43;
    private static final List<LabelledExample> EXAMPLES = HelpDesk.examples("support", COUNT, 1);

    @TempDir
    static Path folder;

    private static TrainerBench bench;
    private static Site undisturbed;
    private static List<String> expected;

    @BeforeAll
    static void trainUndisturbed() throws IOException {
        bench = new TrainerBench(folder);
        undisturbed = site("undisturbed");
        try (LoopRun run = LoopRun.start(bench, undisturbed, "support")) {
            run.untilAllIsPublished("support", COUNT);
        }
        expected = bench.history(undisturbed, "support");
        assertThat(expected).hasSize(3);
    }

    @AfterAll
    static void stop() {
        bench.close();
    }

    private static Site site(String name) throws IOException {
        Site site = bench.site(name, 1);
        bench.append(site, EXAMPLES);
        return site;
    }

    enum Moment {
        BEFORE_THE_FIRST_VERSION,
        AFTER_LEARNING_PAST_A_VERSION,
        AFTER_WRITING_THE_FILES_OF_A_VERSION,
        AFTER_PUBLISHING;

        boolean reached(LoopRun run) {
            return switch (this) {
                case BEFORE_THE_FIRST_VERSION -> run.trained("support") == 8;
                case AFTER_LEARNING_PAST_A_VERSION -> run.trained("support") == 24;
                case AFTER_WRITING_THE_FILES_OF_A_VERSION -> run.snapshots() == 2 && run.published.size() == 1;
                case AFTER_PUBLISHING -> run.published.size() == 2;
            };
        }
    }

    @ParameterizedTest
    @EnumSource
    void goesOnAfterACrashAsIfNothingHadHappened(Moment moment) throws IOException {
        Site site = site("crash-" + moment.name());
        LoopRun crashed = LoopRun.start(bench, site, bench.settings(site, "support"));
        crashed.until(() -> moment.reached(crashed));
        crashed.crash();

        finish(site, "second");
        assertThat(bench.history(site, "support")).isEqualTo(expected);
    }

    @Test
    void goesOnAfterACrashAfterEveryStep() throws IOException {
        Site site = site("crashes");
        int crashes = 0;
        for (long trained = 8; trained < 40; trained += 8) {
            LoopRun crashed =
                    LoopRun.start(bench, bench.base, site, bench.settings(site, "support"), "trainer-" + trained);
            long learned = trained;
            crashed.until(() -> crashed.trained("support") >= learned);
            crashed.crashHeard();
            crashes++;
        }
        assertThat(crashes).isEqualTo(4);

        finish(site, "last");
        assertThat(bench.history(site, "support")).isEqualTo(expected);
    }

    private static void finish(Site site, String name) {
        try (LoopRun run = LoopRun.start(bench, bench.base, site, bench.settings(site, "support"), name)) {
            run.until(() -> run.trained("support") == 40);
            run.untilFlushed("support", COUNT);
        }
    }

    @Test
    void dropsAllModelsAndJoinsAgainWhenItsPublisherIsFenced() throws IOException {
        Site site = bench.site("fenced", 1);
        LoopRun run = twoWrittenVersions(site);
        try (run) {
            VersionPublisher.open(bench.client(), site.registry(), run.transactionalId)
                    .close();
            finishTwo(run, site);
        }
    }

    @Test
    void dropsAVersionThatIsStillBeingWrittenWhenItsPublisherIsFenced() throws IOException {
        Site site = bench.site("fenced-writing", 1);
        // Both models are opened and swept, and the files of the first version are written; those of the second, the
        // other
        // model's, are still on their way.
        DirectExecutor writerThread = new DirectExecutor(3);
        LoopRun run = twoBegunVersions(site, writerThread);
        try (run) {
            VersionPublisher.open(bench.client(), site.registry(), run.transactionalId)
                    .close();
            run.loop.runOnce();
            writerThread.release();
            finishTwo(run, site);
        }
    }

    @Test
    void dropsAllModelsAndJoinsAgainWhenTheGroupHasRemovedIt() throws IOException {
        Site site = bench.site("removed", 1);
        LoopRun run = twoWrittenVersions(site);
        try (run) {
            TrainerBench.await(bench.admin
                    .removeMembersFromConsumerGroup(site.group(), new RemoveMembersFromConsumerGroupOptions())
                    .all()
                    .toCompletionStage()
                    .toCompletableFuture()::get);
            finishTwo(run, site);
        }
    }

    /** A loop that is about to publish a version of each of two models. */
    private static LoopRun twoWrittenVersions(Site site) {
        return twoBegunVersions(site, new DirectExecutor());
    }

    private static LoopRun twoBegunVersions(Site site, DirectExecutor writerThread) {
        List<LabelledExample> ledger = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            ledger.add(EXAMPLES.get(i));
            ledger.add(HelpDesk.examples("other", COUNT, 1).get(i));
        }
        bench.append(site, ledger);
        LoopRun run = LoopRun.start(bench, site, bench.settings(site, "support", "other"), writerThread);
        run.until(() -> run.snapshots() == 2);
        assertThat(run.published).isEmpty();
        return run;
    }

    private static void finishTwo(LoopRun run, Site site) {
        run.until(() -> run.trained("support") == 40 && run.trained("other") == 40);
        run.untilFlushed("support", COUNT).untilFlushed("other", COUNT);

        assertThat(run.held).contains("-support", "-other");
        assertThat(run.learned("support")).as("16 were learned again").isEqualTo(COUNT + 16);
        List<VersionRecord> versions = bench.registry(site).versions("support");
        assertThat(versions).extracting(VersionRecord::version).containsExactly(1L, 2L, 3L);
        assertThat(versions)
                .extracting(version -> TrainerBench.sha256(version, "weights"))
                .isEqualTo(weights(bench.registry(undisturbed).versions("support")));
        // The same examples under another name: the same versions.
        assertThat(weights(bench.registry(site).versions("other"))).isEqualTo(weights(versions));
    }

    private static List<String> weights(List<VersionRecord> versions) {
        return versions.stream()
                .map(version -> TrainerBench.sha256(version, "weights"))
                .toList();
    }

    @Test
    void twoTrainersShareTheModelsAndTrainNothingTwice() throws IOException {
        List<String> names = TrainingLoopTest.namesOn(2);
        Site site = bench.site("shared", 2);
        TrainerSettings settings = bench.settings(site, names.get(0), names.get(1));
        appendBoth(site, names, 0, 20);

        LoopRun first = LoopRun.start(bench, bench.base, site, settings, "first");
        first.until(() -> first.published.size() == 2);
        LoopRun second = LoopRun.start(bench, bench.base, site, settings, "second");
        first.until(
                () -> first.consumer.assignment().size() == 1
                        && second.consumer.assignment().size() == 1,
                () -> {
                    first.loop.runOnce();
                    second.loop.runOnce();
                });
        appendBoth(site, names, 20, COUNT);
        try (second) {
            try (first) {
                first.until(() -> bothTogether(first, second, names, 40), () -> {
                    first.loop.runOnce();
                    second.loop.runOnce();
                });
                first.until(() -> first.published.size() + second.published.size() == 4, () -> {
                    first.loop.runOnce();
                    second.loop.runOnce();
                });
                assertThat(second.published).as("each has one of the two").hasSize(1);
            }
            second.until(() -> second.consumer.assignment().size() == 2);
            second.until(() -> bothTogether(first, second, names, 40));
            second.untilFlushed(names.get(0), COUNT).untilFlushed(names.get(1), COUNT);
        }
        for (String name : names) {
            List<VersionRecord> versions = bench.registry(site).versions(name);
            assertThat(versions).extracting(VersionRecord::examples).containsExactly(16L, 32L, 43L);
            assertThat(weights(versions))
                    .isEqualTo(weights(bench.registry(undisturbed).versions("support")));
        }
    }

    @Test
    void aModelMovesWithAllThatItHasLearnedWhileTheOtherGoesOn() throws IOException {
        List<String> names = TrainingLoopTest.namesOn(2);
        Site site = bench.site("moving", 2);
        TrainerSettings settings = bench.settings(site, names.get(0), names.get(1));
        appendBoth(site, names, 0, 24);

        LoopRun first = LoopRun.start(bench, bench.base, site, settings, "first");
        first.until(() -> first.published.size() == 2 && bothTogether(first, first, names, 24));
        try (LoopRun second = LoopRun.start(bench, bench.base, site, settings, "second")) {
            try (first) {
                Runnable turn = () -> {
                    first.loop.runOnce();
                    second.loop.runOnce();
                };
                first.until(() -> second.consumer.assignment().size() == 1, turn);
                String stays = "+"
                        + names.get(
                                first.consumer.assignment().iterator().next().partition()) + " in";
                assertThat(first.held.stream().filter(said -> said.startsWith(stays)))
                        .as("what stays is never closed")
                        .hasSize(1);
                assertThat(first.published)
                        .as("what moves has a version of all that it has learned, what stays has none more")
                        .extracting(VersionRecord::examples)
                        .containsExactly(16L, 16L, 24L);
                appendBoth(site, names, 24, 40);
                first.until(() -> bothTogether(first, second, names, 40), turn);
                assertThat(names)
                        .as("nothing is learned twice")
                        .allMatch(name -> first.learned(name) + second.learned(name) == 40);
            }
        }
    }

    private static boolean bothTogether(LoopRun first, LoopRun second, List<String> names, long trained) {
        return names.stream().allMatch(name -> Math.max(first.trained(name), second.trained(name)) >= trained);
    }

    private static void appendBoth(Site site, List<String> names, int from, int to) {
        for (String name : names) {
            bench.append(site, HelpDesk.examples(name, COUNT, 1).subList(from, to));
        }
    }

    @Test
    void waitsForATransactionThatTheOwnerBeforeMayStillCommit() throws Exception {
        Site site = site("zombie");
        ConsumerRecord<byte[], byte[]> version = firstRecordOf(undisturbed);
        byte[] value = new String(version.value(), StandardCharsets.UTF_8)
                .replace(undisturbed.ledger(), site.ledger())
                .getBytes(StandardCharsets.UTF_8);
        VersionRecord published =
                bench.registry(undisturbed).versions("support").get(0);
        copyFiles(published, site);
        ExecutorService thread = Executors.newSingleThreadExecutor();
        CountDownLatch steps = new CountDownLatch(1);
        try (KafkaProducer<byte[], byte[]> zombie = transactional(site, "zombie")) {
            // A trainer that was the owner stalls after this, and wakes up when another has taken over.
            zombie.initTransactions();
            zombie.beginTransaction();
            zombie.send(new ProducerRecord<>(site.registry(), version.key(), value))
                    .get(10, TimeUnit.SECONDS);
            try (KafkaConsumer<byte[], byte[]> owner = member(site)) {
                zombie.sendOffsetsToTransaction(
                        Map.of(
                                site.partition(0),
                                new OffsetAndMetadata(published.position().nextOffset())),
                        owner.groupMetadata());
            }

            try (LoopRun run = LoopRun.start(bench, site, "support")) {
                Future<?> training = thread.submit(() -> run.until(() -> {
                    if (!run.steps.isEmpty()) {
                        steps.countDown();
                    }
                    return run.trained("support") == 40;
                }));
                assertThat(steps.await(3, TimeUnit.SECONDS))
                        .as("learned before the transaction was settled")
                        .isFalse();
                zombie.commitTransaction();
                training.get(60, TimeUnit.SECONDS);
                run.untilFlushed("support", COUNT);

                assertThat(run.learned("support"))
                        .as("after the version that came late")
                        .isEqualTo(COUNT - 16);
            }
        } finally {
            thread.shutdownNow();
        }
        assertThat(bench.history(site, "support")).isEqualTo(expected);
    }

    private static void copyFiles(VersionRecord version, Site site) throws IOException {
        // The newest two versions keep their training states; the first one's is made again from its examples.
        Site again = site("zombie-source");
        try (LoopRun run = LoopRun.start(bench, again, "support")) {
            run.until(() -> run.published.size() == 1);
        }
        assertThat(bench.history(again, "support")).isEqualTo(expected.subList(0, 1));
        for (Artifact artifact : version.artifacts()) {
            Path file = again.store().fetch(artifact);
            site.store().put(artifact.role(), out -> Files.copy(file, out));
        }
    }

    private static ConsumerRecord<byte[], byte[]> firstRecordOf(Site site) {
        Map<String, Object> properties = bench.client();
        properties.put("auto.offset.reset", "earliest");
        try (KafkaConsumer<byte[], byte[]> reader =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            reader.assign(List.of(new TopicPartition(site.registry(), 0)));
            return reader.poll(Duration.ofSeconds(20)).iterator().next();
        }
    }

    private static KafkaConsumer<byte[], byte[]> member(Site site) {
        Map<String, Object> properties = new HashMap<>(bench.client());
        properties.put("group.id", site.group());
        properties.put("auto.offset.reset", "earliest");
        properties.put("enable.auto.commit", false);
        KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        consumer.subscribe(List.of(site.ledger()));
        assertThat(consumer.poll(Duration.ofSeconds(20)).count()).isPositive();
        return consumer;
    }

    private static KafkaProducer<byte[], byte[]> transactional(Site site, String name) {
        Map<String, Object> properties = bench.client();
        properties.put("transactional.id", site.name() + "-" + name);
        return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
    }
}
