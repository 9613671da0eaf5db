package dev.millrace.app.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.ingest.ControlRecord;
import dev.millrace.ingest.ExampleJson;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.ingest.LedgerJson;
import dev.millrace.ingest.TopicCreation;
import dev.millrace.trainer.AnsweredExample;
import dev.millrace.trainer.ProgressReporter;
import dev.millrace.trainer.ProgressTopic;
import dev.millrace.trainer.Standing;
import dev.millrace.trainer.StepReport;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a trainer reports arrives at whoever watches, and the texts that it speaks of are found. */
@Timeout(120)
class ProgressViewTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    static Path folder;

    private static EmbeddedBroker broker;
    private static Admin admin;

    @BeforeAll
    static void start() {
        broker = EmbeddedBroker.start(folder.resolve("kafka"));
        admin = Admin.create(client());
    }

    @AfterAll
    static void stop() {
        admin.close();
        broker.close();
    }

    @Test
    void aViewSeesWhatReportersTellBeforeAndAfterItWasOpened() throws Exception {
        String topic = "progress";
        try (ProgressView early = ProgressView.follow(client(), topic, System::nanoTime)) {
            assertThat(early.models()).isEmpty();
            assertThat(early.revision()).isZero();
            TopicCreation.createMissing(admin, List.of(ProgressTopic.of(topic, (short) 1)));
            ProgressReporter first = reporter(topic, "one");
            first.opened("support", 3, standing(0, 0));
            first.lag("support", 4);
            first.answeredEach(
                    "support",
                    standing(3, 2),
                    List.of(
                            new AnsweredExample(0, "cards", "cards"),
                            new AnsweredExample(1, "cards", "travel"),
                            new AnsweredExample(2, "travel", "travel")));
            ModelProgress seen = until(early, 3);
            assertThat(seen.latest().instance()).isEqualTo("one");
            assertThat(seen.latest().partition()).isEqualTo(3);
            assertThat(seen.latest().lag()).isEqualTo(4);
            assertThat(seen.mistakes()).containsExactly(new AnsweredExample(1, "cards", "travel"));
            assertThat(seen.labels()).containsOnlyKeys("cards", "travel");
            first.answeredEach("support", standing(4, 3), List.of(new AnsweredExample(3, "cards", "cards")));
            first.close();
            assertThat(first.dropped()).isZero();
            assertThat(until(early, 4).curve().examples()).isEqualTo(4);

            // The next trainer goes on from an earlier checkpoint.
            try (ProgressReporter second = reporter(topic, "two")) {
                second.opened("support", 3, standing(2, 1));
                ModelProgress back = until(early, 2);
                assertThat(back.latest().instance()).isEqualTo("two");
                assertThat(back.curve().examples()).isLessThanOrEqualTo(2);
            }
            try (ProgressView late = ProgressView.follow(client(), topic, System::nanoTime)) {
                assertThat(until(late, 2)).isEqualTo(early.model("support").orElseThrow());
                long revision = late.revision();
                assertThat(revision).isPositive();
                assertThat(late.await(revision, 1)).as("nothing new").isFalse();
                assertThat(late.failure()).isEmpty();
            }
        }
    }

    @Test
    void aReportThatCannotBeReadIsLeftOut() throws Exception {
        String topic = "damaged";
        TopicCreation.createMissing(admin, List.of(ProgressTopic.of(topic, (short) 1)));
        send(topic, "support", "{\"schema\":9}".getBytes(StandardCharsets.UTF_8));
        try (ProgressReporter reporter = reporter(topic, "one");
                ProgressView view = ProgressView.follow(client(), topic, System::nanoTime)) {
            reporter.opened("support", 0, standing(5, 5));
            assertThat(until(view, 5).latest().standing()).isEqualTo(standing(5, 5));
        }
    }

    @Test
    void whoWaitsForAChangeIsLetGoWhenTheViewIsClosed() throws Exception {
        ProgressView view = ProgressView.follow(client(), "nothing", System::nanoTime);
        view.close();
        assertThat(view.await(view.revision(), PATIENCE.toNanos())).isFalse();
        assertThat(view.failure()).isEmpty();
    }

    @Test
    void textsAreFoundByTheirOffsets() throws Exception {
        String ledger = "ledger";
        admin.createTopics(List.of(new NewTopic(ledger, 1, (short) 1).configs(Map.of("retention.ms", "-1"))))
                .all()
                .get(60, TimeUnit.SECONDS);
        try (KafkaProducer<byte[], byte[]> producer = producer(Map.of("transactional.id", "ingest"))) {
            producer.initTransactions();
            for (int i = 0; i < 10; i++) {
                // Each takes two offsets, one of them for the marker.
                producer.beginTransaction();
                producer.send(new ProducerRecord<>(ledger, bytes("support"), ExampleJson.write(example(i))))
                        .get(60, TimeUnit.SECONDS);
                producer.commitTransaction();
            }
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(ledger, bytes("support"), ExampleJson.write(example(10))))
                    .get(60, TimeUnit.SECONDS);
            producer.abortTransaction();
        }
        send(
                ledger,
                "support",
                LedgerJson.write(
                        new ControlRecord("support", new ControlRecord.Pause(), Instant.EPOCH, "ann", "a test")));
        send(ledger, "sales", ExampleJson.write(example(11)));
        send(ledger, "support", ExampleJson.write(example(12)));

        LedgerTexts texts = new LedgerTexts(client(), ledger, System::nanoTime);
        try (texts) {
            // 20 lies in an aborted transaction, 22 is a control, 23 another model's, 25 is not there yet.
            assertThat(texts.read("support", 0, List.of(24L, 0L, 1L, 8L, 20L, 22L, 23L, 25L, -1L)))
                    .isEqualTo(Map.of(0L, example(0), 8L, example(4), 24L, example(12)));
            admin.deleteRecords(Map.of(new TopicPartition(ledger, 0), RecordsToDelete.beforeOffset(6)))
                    .all()
                    .get(60, TimeUnit.SECONDS);
            assertThat(texts.read("support", 0, List.of(0L, 2L, 4L, 6L)))
                    .as("what is gone is found only where it is remembered")
                    .isEqualTo(Map.of(0L, example(0), 6L, example(3)));
            assertThat(texts.read("support", 7, List.of(0L)))
                    .as("no such partition")
                    .isEmpty();
            assertThat(texts.read("support", 0, List.of(10L))).isEqualTo(Map.of(10L, example(5)));
        }
        assertThat(texts.read("support", 0, List.of(10L, 12L))).isEqualTo(Map.of(10L, example(5)));
    }

    private static ModelProgress until(ProgressView view, long examples) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            long known = view.revision();
            ModelProgress seen = view.model("support").orElse(null);
            if (seen != null && seen.latest().standing().examples() == examples) {
                return seen;
            }
            assertThat(view.await(known, deadline - System.nanoTime()))
                    .as("%s examples are reported; seen: %s", examples, seen)
                    .isTrue();
        }
    }

    private static ProgressReporter reporter(String topic, String instance) {
        return ProgressReporter.start(client(), topic, instance, Clock.systemUTC(), System::nanoTime);
    }

    private static Standing standing(long examples, long correct) {
        return new Standing(
                examples, examples, examples, correct, 2, new StepReport.Votes(examples, Map.of(), Map.of(), 0), 0.5);
    }

    private static LabelledExample example(int number) {
        return new LabelledExample(
                "id-" + number, "support", "text " + number, "cards", Instant.EPOCH.plusSeconds(number), null, 1);
    }

    private static void send(String topic, String key, byte[] value) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = producer(Map.of())) {
            producer.send(new ProducerRecord<>(topic, bytes(key), value)).get(60, TimeUnit.SECONDS);
        }
    }

    private static KafkaProducer<byte[], byte[]> producer(Map<String, Object> more) {
        Map<String, Object> properties = new HashMap<>(client());
        properties.putAll(more);
        return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Map<String, Object> client() {
        return Map.of("bootstrap.servers", broker.bootstrapServers());
    }
}
