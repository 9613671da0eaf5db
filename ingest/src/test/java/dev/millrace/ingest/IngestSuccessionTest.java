package dev.millrace.ingest;

import static dev.millrace.ingest.IngestBroker.await;
import static dev.millrace.ingest.IngestBroker.bytes;
import static dev.millrace.ingest.IngestBroker.header;
import static dev.millrace.ingest.IngestBroker.json;
import static dev.millrace.ingest.IngestBroker.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process of ingest that takes over from another, with its disk or without: it goes on where that one ended. */
@Timeout(180)
class IngestSuccessionTest {

    @TempDir
    Path brokerFolder;

    @TempDir
    Path stateFolder;

    private final CountingObserver observer = new CountingObserver();
    private IngestBroker broker;
    private IngestSettings settings;

    @BeforeEach
    void open() {
        broker = IngestBroker.start(brokerFolder);
        settings = broker.settings(stateFolder.resolve("first"));
    }

    @AfterEach
    void close() {
        broker.close();
    }

    @Test
    void remembersIdsOverARestartAndTheLossOfItsDisk() throws Exception {
        broker.createTopics(settings, 3);
        try (IngestService service = service(settings)) {
            service.start();
            broker.send(0, json("a", "first"));
            broker.read("training-examples", 1);
        }
        try (IngestService service = service(settings)) {
            service.start();
            broker.send(1, json("a", "again by another partition"));
            broker.send(1, json("b", "second"));
            broker.read("training-examples", 2);
        }
        IngestSettings elsewhere = broker.settings(stateFolder.resolve("second"));
        try (IngestService service = service(elsewhere)) {
            service.start();
            broker.send(2, json("a", "again elsewhere"));
            broker.send(2, json("b", "again elsewhere"));
            broker.send(2, json("c", "third"));
            assertThat(broker.read("training-examples", 3))
                    .extracting(record -> ExampleJson.read(record.value()).text())
                    .containsExactly("first", "second", "third");
        }
        assertThat(observer.duplicates).hasValue(3);
    }

    @Test
    void ofTwoWithOneInstanceIdTheOlderStops() throws Exception {
        broker.createTopics(settings, 1);
        try (IngestService older = service(instance("one", "older"));
                IngestService newer = service(instance("one", "newer"))) {
            older.start();
            broker.send(0, json("a", "by the older"));
            assertThat(broker.read("training-examples", 1)).hasSize(1);

            newer.start();
            await(() -> older.failure().isPresent());
            assertThat(older.failure().orElseThrow())
                    .hasMessageStartingWith("another process has taken over the instance id of this one");
            assertThat(older.isHealthy()).isFalse();

            broker.send(0, json("a", "once more"));
            broker.send(0, json("b", "by the newer"));
            assertThat(broker.read("training-examples", 2))
                    .extracting(record -> ExampleJson.read(record.value()).text())
                    .containsExactly("by the older", "by the newer");
            assertThat(newer.failure()).isEmpty();
        }
    }

    private IngestSettings instance(String id, String folder) {
        return new IngestSettings(
                settings.bootstrapServers(),
                settings.applicationId(),
                id,
                stateFolder.resolve(folder),
                settings.topics(),
                settings.models(),
                settings.maxTextCharacters(),
                settings.maxRecordBytes(),
                settings.deduplicationWindow(),
                settings.processingThreads(),
                settings.standbyReplicas(),
                settings.joining(),
                settings.clientProperties(),
                settings.format(),
                settings.shedding(),
                settings.copies());
    }

    @Test
    void joinsLateLabelsOverTheLossOfItsDisk() throws Exception {
        IngestSettings.Joining joining = new IngestSettings.Joining(
                "inputs", "labels", "examples-unpaired", Duration.ofHours(1), Corrections.TRAIN_AGAIN);
        try (Admin admin = broker.admin()) {
            List<NewTopic> topics = new ArrayList<>(IngestTopics.of(settings.with(joining), 3, (short) 1));
            topics.add(new NewTopic("inputs", 2, (short) 1));
            TopicCreation.createMissing(admin, topics);
        }
        long now = System.currentTimeMillis();
        try (IngestService service = service(settings.with(joining))) {
            service.start();
            await(service::isRunning);
            broker.send("inputs", 0, now - 7_200_000, bytes("{\"id\":\"lonely\",\"text\":\"t\"}"));
            broker.send("inputs", 0, now, bytes("{\"id\":\"a\",\"text\":\"my card\"}"));
            assertThat(broker.read("millrace-ingest-pairs-changelog", 2)).hasSizeGreaterThanOrEqualTo(2);
        }
        IngestSettings elsewhere = broker.settings(stateFolder.resolve("second"));
        try (IngestService service = service(elsewhere.with(joining))) {
            service.start();
            broker.send("labels", 2, now, bytes("{\"id\":\"a\",\"label\":\"arrival\"}"));
            assertThat(broker.read("training-examples", 1)).hasSize(1);
            broker.send("labels", 1, now + 1, bytes("{\"id\":\"a\",\"label\":\"lost\"}"));
            assertThat(broker.read("training-examples", 2))
                    .extracting(record -> ExampleJson.read(record.value()))
                    .extracting(example -> example.id() + ": " + example.text() + " = " + example.label())
                    .containsExactly("a: my card = arrival", "a#2: my card = lost");

            broker.send("inputs", 1, now, bytes("{\"id\":\"lonely\",\"text\":\"once more\"}"));
            assertThat(broker.read("examples-unpaired", 1))
                    .extracting(record -> text(record.value()) + " " + header(record, DeadLetter.REASON))
                    .containsExactly("{\"id\":\"lonely\",\"text\":\"t\"} no_label_came");
            assertThat(service.failure()).isEmpty();
        }
    }

    private IngestService service(IngestSettings with) {
        return new IngestService(with, TextProbe.ANY, observer);
    }
}
