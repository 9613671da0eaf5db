package dev.millrace.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.ingest.DeadLetter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands around inputs and labels that come by themselves. */
class LateLabelsCommandsTest {

    @TempDir
    private Path folder = Path.of("");

    @Test
    void measuresPairsThatWait() throws Exception {
        Shell shell = new Shell(folder);

        int exit = shell.run("bench", "join", "--pairs", "2000", "--report", "r.json");

        assertThat(exit).as("%s%n%s", shell.out(), shell.err()).isZero();
        JsonNode report = new ObjectMapper().readTree(Files.readString(folder.resolve("r.json")));
        for (String figure :
                List.of("inputsPerSecond", "labelsPerSecond", "stateBytes", "restartSeconds", "restoreSeconds")) {
            assertThat(report.path(figure).asDouble()).as(figure).isPositive();
        }
        assertThat(shell.out()).contains("2000 inputs that wait", "local state, bytes");
    }

    @Test
    void whoSendsLabelsMayWhereTheyAreRead() {
        for (KafkaUser user : List.of(KafkaUser.PRODUCER, KafkaUser.LABELLER)) {
            assertThat(writes(user, "0s")).contains("examples").doesNotContain("labels");
            assertThat(writes(user, "7d")).contains("examples", "inputs", "labels");
        }
    }

    private static List<String> writes(KafkaUser user, String window) {
        return NeededRights.of(
                        user,
                        new SettingsLoader()
                                .put("ingest.join-window", window, "test")
                                .load()
                                .settings())
                .stream()
                .map(right -> right.on().name())
                .toList();
    }

    @Test
    void listsWhatNeverMet() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder.resolve("kafka"))) {
            Shell shell = new Shell(folder);
            String servers = "--bootstrap-servers=" + broker.bootstrapServers();
            assertThat(shell.run("unpaired", servers)).isEqualTo(2);
            assertThat(shell.err()).contains("there is no topic examples-unpaired", "ingest.join-window");

            Settings settings = new SettingsLoader()
                    .put("kafka.bootstrap-servers", broker.bootstrapServers(), "test")
                    .put("ingest.join-window", "1h", "test")
                    .load()
                    .settings();
            Rooms.createTopics(settings, folder);
            try (Admin admin = Cluster.connect(settings.kafka())) {
                assertThat(admin.listTopics().names().get()).contains("inputs", "labels", "examples-unpaired");
            }
            Shell none = new Shell(folder);
            assertThat(none.run("unpaired", servers)).isZero();
            assertThat(none.out()).contains("Nothing was given up.");

            for (int i = 0; i < 30; i++) {
                sendUnpaired(broker, i);
            }
            Shell some = new Shell(folder);
            assertThat(some.run("unpaired", servers, "--latest", "12")).isZero();
            assertThat(some.out().lines()).hasSize(13);
            assertThat(some.out())
                    .contains("no_label_came", "inputs-2-29", "{\"id\": \"29\", \"text\": \"one two\"}", "inputs-2-18")
                    .doesNotContain("inputs-2-17");
        }
    }

    /** In a transaction each, as ingest may: the marks of their ends lie between them. */
    private static void sendUnpaired(EmbeddedBroker broker, int number) {
        Map<String, Object> properties =
                Map.of("bootstrap.servers", broker.bootstrapServers(), "transactional.id", "test");
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                    "examples-unpaired", ("{\"id\": \"" + number + "\", \"text\": \"one\ntwo\"}").getBytes(UTF_8));
            record.headers()
                    .add(DeadLetter.REASON, "no_label_came".getBytes(UTF_8))
                    .add(DeadLetter.TOPIC, "inputs".getBytes(UTF_8))
                    .add(DeadLetter.PARTITION, "2".getBytes(UTF_8))
                    .add(DeadLetter.OFFSET, Integer.toString(number).getBytes(UTF_8));
            var unused = producer.send(record);
            producer.commitTransaction();
        }
    }
}
