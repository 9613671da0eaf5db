package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.registry.RegistryReader;
import dev.millrace.registry.VersionRecord;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What signals do to {@code millrace run}, in processes of its own. */
@Timeout(180)
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "signals are POSIX")
class ProcessFaultsTest {

    private static final int TERMINATED = 143;
    private static final String MODEL = "default";

    private final EndlessSample sample = new EndlessSample(MODEL, Instant.parse("2026-11-24T00:00:00Z"));

    @TempDir
    private Path folder = Path.of("");

    private EmbeddedBroker broker;

    @BeforeEach
    void openBroker() {
        broker = EmbeddedBroker.start(folder.resolve("kafka"));
    }

    @AfterEach
    void closeBroker() {
        broker.close();
    }

    private RunningMillrace run(String name, String roles, String... settings) throws Exception {
        return new RunningMillrace(folder, name, broker.bootstrapServers(), roles, settings);
    }

    private void send(String topic, int from, int to) {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            for (int i = from; i < to; i++) {
                var unused = producer.send(
                        new ProducerRecord<>(topic, 0, MODEL.getBytes(StandardCharsets.UTF_8), sample.value(i)));
            }
        }
    }

    private List<VersionRecord> versions() {
        return RegistryReader.readAll(
                        Map.of("bootstrap.servers", broker.bootstrapServers()),
                        "model-registry",
                        Duration.ofSeconds(30))
                .versions(MODEL);
    }

    private boolean hasLearned(long examples) {
        List<VersionRecord> versions = versions();
        return !versions.isEmpty() && versions.get(versions.size() - 1).examples() >= examples;
    }

    /** Every version goes on from the one before it, and learned what comes next. */
    private static void assertOneChain(List<VersionRecord> versions) {
        for (int i = 0; i < versions.size(); i++) {
            VersionRecord version = versions.get(i);
            assertThat(version.version()).isEqualTo(i + 1L);
            if (i > 0) {
                VersionRecord before = versions.get(i - 1);
                assertThat(version.parent()).isEqualTo(before.version());
                assertThat(version.examples()).isGreaterThan(before.examples());
                assertThat(version.position().nextOffset())
                        .isGreaterThan(before.position().nextOffset());
            }
        }
    }

    @Test
    void aTrainerThatSleptThroughItsSessionPublishesNothing() throws Exception {
        try (RunningMillrace sleeper = run("sleeper", "trainer")) {
            sleeper.untilLogged("Training default from offset 0");
            send("training-examples", 0, 16);
            RunningMillrace.await(() -> hasLearned(16), "a first version");
            sleeper.signal("STOP");
            try (RunningMillrace other = run("other", "trainer")) {
                other.untilLogged("after version 1");
                send("training-examples", 16, 48);
                RunningMillrace.await(() -> hasLearned(48), "versions of the other trainer");
                assertThat(versions()).hasSize(3);

                sleeper.signal("CONT");
                send("training-examples", 48, 80);
                RunningMillrace.await(() -> hasLearned(80), "versions after the sleeper woke");
                assertThat(versions()).extracting(VersionRecord::examples).containsExactly(16L, 32L, 48L, 64L, 80L);
                assertOneChain(versions());
                assertThat(sleeper.isAlive()).as(sleeper.printed()).isTrue();
                assertThat(other.isAlive()).as(other.printed()).isTrue();
            }
        }
    }

    @Test
    void ofTwoProcessesWithOneInstanceIdTheOlderEndsWithAReason() throws Exception {
        try (RunningMillrace older = run("older", "ingest,trainer", "instance-id=pod-0")) {
            older.untilLogged("Training default from offset 0");
            send("examples", 0, 16);
            RunningMillrace.await(() -> hasLearned(16), "a first version");
            try (RunningMillrace newer = run("newer", "ingest,trainer", "instance-id=pod-0")) {
                assertThat(older.exitWithin(Duration.ofSeconds(40))).isEqualTo(1);
                assertThat(older.printed()).contains("has taken over the instance id");
                send("examples", 16, 48);
                RunningMillrace.await(() -> hasLearned(48), "versions of the newer process");
                assertOneChain(versions());
                assertThat(newer.isAlive()).as(newer.printed()).isTrue();
            }
        }
    }

    @Test
    void sigtermDuringTheStartEndsItAndBreaksNothing() throws Exception {
        for (String moment :
                List.of("The effective settings are", "Created the topics", "Metrics and scoring listen")) {
            try (RunningMillrace starting = run("started", "ingest,trainer,registry,score")) {
                starting.untilLogged(moment);
                starting.signal("TERM");
                assertThat(starting.exitWithin(Duration.ofSeconds(20)))
                        .as(starting.printed())
                        .isEqualTo(TERMINATED);
            }
        }
        try (RunningMillrace again = run("started", "ingest,trainer,registry,score")) {
            send("examples", 0, 32);
            RunningMillrace.await(() -> hasLearned(32), "versions after three broken starts: " + again.printed());
            assertOneChain(versions());
        }
    }

    @Test
    void sigtermWhileTrainingEndsItInTenSeconds() throws Exception {
        try (RunningMillrace training = run("training", "ingest,trainer", "instance-id=pod-0")) {
            training.untilLogged("Training default from offset 0");
            send("examples", 0, 4000);
            RunningMillrace.await(() -> hasLearned(16), "a first version");
            training.signal("TERM");
            assertThat(training.exitWithin(Duration.ofSeconds(10))).isEqualTo(TERMINATED);
        }
        long learned = versions().get(versions().size() - 1).examples();
        assertThat(learned).isLessThan(4000);
        try (RunningMillrace again = run("training", "ingest,trainer", "instance-id=pod-0")) {
            again.untilLogged("after version");
            RunningMillrace.await(() -> hasLearned(learned + 16), "training goes on");
            assertOneChain(versions());
        }
    }
}
