package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ingest.ControlRecord;
import dev.millrace.ingest.DeadLetter;
import dev.millrace.ingest.ExampleJson;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.ingest.LedgerJson;
import dev.millrace.registry.Lineage.SetAside;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.TrainerBench.Site;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What cannot be learned goes to the dead letters, and what has diverged never becomes a version. */
@Timeout(180)
class SetAsideTest {

    private static final VersionPolicy KEEPING = new VersionPolicy(16, Duration.ofDays(1), Duration.ofSeconds(5), 50);
    private static final List<LabelledExample> CLEAN = HelpDesk.examples("support", 56, 1);

    @TempDir
    static Path folder;

    private static TrainerBench bench;

    @BeforeAll
    static void start() {
        bench = new TrainerBench(folder, PoisonedBase.model());
    }

    @AfterAll
    static void stop() {
        bench.close();
    }

    /** Three sound mini-batches, one of poison, four sound ones: four versions of two mini-batches each. */
    private static Site poisoned(String name) throws IOException {
        Site site = bench.site(name, 1);
        List<LabelledExample> ledger = new ArrayList<>(CLEAN);
        ledger.addAll(24, PoisonedBase.miniBatch("p", "unheard"));
        bench.append(site, ledger);
        return site;
    }

    @Test
    void itsExamplesAreDeadLettersFromTheMomentThatTheNextVersionIs() throws IOException {
        Site site = poisoned("letters");
        List<Integer> amidst = new ArrayList<>();
        try (LoopRun run = LoopRun.start(bench, site, bench.settings(site, KEEPING, "support"))) {
            run.until(() -> run.published.size() == 1);
            run.betweenTwoRecords.set(() -> amidst.add(deadLetters(site).size()));
            run.until(() -> run.published.size() == 4);
        }
        assertThat(amidst).containsExactly(0);
        List<ConsumerRecord<byte[], byte[]>> letters = deadLetters(site);
        List<LabelledExample> poison = PoisonedBase.miniBatch("p", "unheard");
        assertThat(letters).hasSameSizeAs(poison);

        VersionRecord version = bench.registry(site).version("support", 2).orElseThrow();
        SetAside recorded = Line.lineage(version).setAside().get(0);
        assertThat(Line.lineage(version).setAside()).hasSize(1);
        assertThat(recorded.reason()).isEqualTo("non_finite");
        assertThat(version.examples()).isEqualTo(24);
        assertThat(version.steps()).isEqualTo(3);
        assertThat(version.labels()).doesNotContain("unheard");
        assertThat(header(letters.get(0), DeadLetter.OFFSET)).isEqualTo(Long.toString(recorded.offset()));
        assertThat(header(letters.get(7), DeadLetter.OFFSET)).isEqualTo(Long.toString(recorded.nextOffset() - 1));
        for (int i = 0; i < letters.size(); i++) {
            assertThat(header(letters.get(i), DeadLetter.REASON)).isEqualTo("non_finite");
            assertThat(header(letters.get(i), DeadLetter.TOPIC)).isEqualTo(site.ledger());
            assertThat(letters.get(i).key()).isEqualTo("support".getBytes(StandardCharsets.UTF_8));
            assertThat(letters.get(i).value()).isEqualTo(ExampleJson.write(poison.get(i)));
        }
    }

    @Test
    void theSameIsSetAsideAfterACrashAndInAReplay() throws IOException {
        Site undisturbed = poisoned("undisturbed");
        try (LoopRun run = LoopRun.start(bench, undisturbed, bench.settings(undisturbed, KEEPING, "support"))) {
            run.until(() -> run.published.size() == 4);
        }
        Site site = poisoned("crashed");
        LoopRun first = LoopRun.start(bench, site, bench.settings(site, KEEPING, "support"));
        first.until(() -> first.published.size() == 1);
        first.betweenTwoRecords.set(() -> {
            // Kafka catches what is no error.
            throw new AssertionError("crashed while the dead letters were sent");
        });
        assertThatThrownBy(() -> first.until(() -> first.published.size() == 2))
                .hasStackTraceContaining("crashed while the dead letters were sent");
        first.crash();
        assertThat(bench.registry(site).versions("support")).hasSize(1);
        try (LoopRun second =
                LoopRun.start(bench, bench.base, site, bench.settings(site, KEEPING, "support"), "second")) {
            second.until(() -> second.published.size() == 3);
        }

        assertThat(bench.history(site, "support")).isEqualTo(bench.history(undisturbed, "support"));
        assertThat(deadLetters(site)).hasSize(TinyRecipe.BATCH);
        ModelRegistry registry = bench.registry(site);
        for (VersionRecord version : registry.versions("support")) {
            ReplayOutcome outcome = replay(site, registry, version.version(), OptionalLong.empty());
            assertThat(outcome.isIdentical())
                    .as("version %s", version.version())
                    .isTrue();
            assertThat(outcome.examples()).isEqualTo(version.examples());
        }
        assertThat(replay(site, registry, 4, OptionalLong.of(1)).isIdentical()).isTrue();
    }

    @Test
    void threeInARowStopTheTrainerAndLeaveTheLastVersionIntact() throws IOException {
        Site site = bench.site("row", 1);
        List<LabelledExample> ledger = new ArrayList<>(CLEAN.subList(0, 16));
        for (int i = 0; i < 3; i++) {
            ledger.addAll(PoisonedBase.miniBatch("p" + i, "cards"));
        }
        bench.append(site, ledger);
        TrainerSettings settings = bench.settings(site, KEEPING, "support");
        // The two that were set aside before are part of a version by then, and still count.
        for (String name : List.of("first", "second")) {
            try (LoopRun run = LoopRun.start(bench, bench.base, site, settings, name)) {
                assertThatThrownBy(() -> run.until(() -> run.published.size() == 3))
                        .hasMessageContaining("Training of support stops: 3 mini-batches in a row")
                        .hasMessageContaining("the last version is intact");
            }
            List<VersionRecord> versions = bench.registry(site).versions("support");
            assertThat(versions).hasSize(2);
            assertThat(bench.checkpoint(site, versions.get(1)).learner())
                    .isEqualTo(bench.checkpoint(site, versions.get(0)).learner());
        }
    }

    @Test
    void aRateThatNoWeightSurvivesIsRefusedByTheTrainerToo() throws IOException {
        Site site = bench.site("overflow", 1);
        bench.append(site, CLEAN.subList(0, 16));
        ControlRecord tooMuch = new ControlRecord(
                "support",
                new ControlRecord.Set(Map.of("encoder-learning-rate", "1e39")),
                HelpDesk.START,
                "ann",
                "a slip of the finger");
        bench.appendRaw(site, null, "support".getBytes(StandardCharsets.UTF_8), LedgerJson.write(tooMuch));
        bench.append(site, CLEAN.subList(16, 32));
        try (LoopRun run = LoopRun.start(bench, site, bench.settings(site, KEEPING, "support"))) {
            run.until(() -> run.published.size() == 2);
        }
        assertThat(bench.registry(site).versions("support"))
                .extracting(VersionRecord::examples)
                .containsExactly(16L, 32L);
        assertThat(bench.registry(site).versions("support"))
                .allSatisfy(version -> assertThat(version.settings()).containsEntry("encoder-learning-rate", "0.002"));
        assertThat(deadLetters(site)).isEmpty();
    }

    private static ReplayOutcome replay(Site site, ModelRegistry registry, long version, OptionalLong from) {
        try (LedgerReader ledger = LedgerReader.open(bench.client(), site.ledger(), "support")) {
            VersionRecord record = registry.version("support", version).orElseThrow();
            return Replay.of(record, registry, bench.base, site.store()).run(ledger, from, examples -> {});
        }
    }

    /** What lies committed in the topic of dead letters. */
    private static List<ConsumerRecord<byte[], byte[]>> deadLetters(Site site) {
        TopicPartition partition = new TopicPartition(site.rejected(), 0);
        Map<String, Object> properties = bench.client();
        properties.put("isolation.level", "read_committed");
        List<ConsumerRecord<byte[], byte[]>> letters = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            while (consumer.position(partition) < end) {
                consumer.poll(Duration.ofMillis(500)).forEach(letters::add);
            }
        }
        return letters;
    }

    private static String header(ConsumerRecord<byte[], byte[]> letter, String name) {
        return new String(letter.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }
}
