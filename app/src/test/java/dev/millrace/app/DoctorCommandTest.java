package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.broker.EmbeddedBroker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each finding of the doctor by its real cause. */
class DoctorCommandTest {

    private static final String NO_KAFKA = "127.0.0.1:1";

    @TempDir
    private Path folder = Path.of("");

    private record Report(int exit, Map<String, JsonNode> findings) {

        void assertFinding(String thing, String level, String... words) {
            JsonNode finding = Objects.requireNonNull(findings.get(thing), () -> thing + " in " + findings.keySet());
            assertThat(finding.path("level").asText()).as(finding.toString()).isEqualTo(level);
            assertThat(finding.path("what").asText() + " "
                            + finding.path("advice").asText())
                    .contains(words);
        }
    }

    private Report doctor(String bootstrapServers, String... settings) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("doctor", "--json", "--bootstrap-servers", bootstrapServers));
        Stream.concat(
                        Stream.of(
                                "trainer.base=tiny",
                                "http.port=0",
                                "kafka.client.default.api.timeout.ms=2000",
                                "kafka.client.request.timeout.ms=1000"),
                        Stream.of(settings))
                .forEach(setting -> arguments.addAll(List.of("--set", setting)));
        Shell shell = new Shell(folder);
        int exit = shell.run(arguments.toArray(String[]::new));
        Map<String, JsonNode> findings = new LinkedHashMap<>();
        JsonNode report = new ObjectMapper().readTree(shell.out());
        report.path("findings").forEach(one -> findings.put(one.path("thing").asText(), one));
        assertThat(report.path("problems").asInt() > 0).as(report.toString()).isEqualTo(exit == 1);
        return new Report(exit, findings);
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.sorted().toList();
        }
    }

    @Test
    void looksAtAClusterAndItsTopics() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder.resolve("kafka"));
                Admin admin = Cluster.connect(new Settings.Kafka(broker.bootstrapServers(), (short) 1, 1, Map.of()))) {
            Report fresh = doctor(broker.bootstrapServers());
            assertThat(fresh.exit()).isZero();
            fresh.assertFinding("kafka", "ok", "1 brokers answer", "metadata.version");
            fresh.assertFinding("topic training-examples", "ok", "not there yet");
            fresh.assertFinding("clock", "ok", "no process has written");
            fresh.assertFinding("engine", "ok", "PyTorch", "DJL");
            fresh.assertFinding("base", "ok", "tiny");
            fresh.assertFinding("http", "ok", "free");
            fresh.assertFinding("store", "ok", "to be made", "MiB are free");
            assertThat(admin.listTopics().names().get()).isEmpty();
            doctor(broker.bootstrapServers(), "kafka.replication-factor=3")
                    .assertFinding(
                            "topic examples", "problem", "3 copies need as many brokers", "kafka.replication-factor");

            admin.createTopics(List.of(
                            topic("model-registry", 1, Map.of("cleanup.policy", "delete")),
                            topic("model-registry-audit", 2, Map.of("retention.ms", "-1")),
                            topic(
                                    "training-examples",
                                    1,
                                    Map.of("retention.ms", "86400000", "max.message.bytes", "1000")),
                            topic("examples-rejected", 1, Map.of("min.insync.replicas", "2")),
                            topic("examples", 1, Map.of())))
                    .all()
                    .get();
            try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                    Map.of("bootstrap.servers", broker.bootstrapServers()),
                    new ByteArraySerializer(),
                    new ByteArraySerializer())) {
                long soon = System.currentTimeMillis() + Duration.ofMinutes(10).toMillis();
                byte[] any = {1};
                producer.send(new ProducerRecord<>("model-registry", 0, soon, any, any))
                        .get();
            }
            Report wrong = doctor(broker.bootstrapServers(), "models=one,two");
            assertThat(wrong.exit()).isEqualTo(1);
            wrong.assertFinding("clock", "warning", "s in the future of this machine", "NTP");
            wrong.assertFinding(
                    "topic model-registry", "problem", "cleanup.policy is delete", "cleanup.policy=[compact]");
            wrong.assertFinding("topic model-registry-audit", "problem", "2 partitions");
            wrong.assertFinding(
                    "topic training-examples",
                    "warning",
                    "2 models share 1 partitions",
                    "kept for 1d only",
                    "retention.ms=-1",
                    "at most",
                    "max.message.bytes=");
            wrong.assertFinding("topic examples-rejected", "problem", "1 copies, but min.insync.replicas is 2");
            wrong.assertFinding("topic examples", "ok", "as it should be");
        }
    }

    private static NewTopic topic(String name, int partitions, Map<String, String> config) {
        return new NewTopic(name, partitions, (short) 1).configs(config);
    }

    @Test
    void looksAtWhatIsHereAndLeavesItAsItWas() throws Exception {
        Files.createDirectories(folder.resolve("store"));
        Files.writeString(folder.resolve("open.key"), "no key");
        Files.setPosixFilePermissions(folder.resolve("open.key"), PosixFilePermissions.fromString("rw-r--r--"));
        Files.writeString(folder.resolve("file"), "");
        List<Path> before = files();
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Report report = doctor(
                    NO_KAFKA,
                    "http.host=127.0.0.1",
                    "http.port=" + taken.getLocalPort(),
                    "trainer.base=./gone",
                    "trainer.threads=1000",
                    "trainer.precision=float32",
                    "trainer.device=cpu",
                    "registry.signing-key=open.key",
                    "registry.store=store",
                    "data-directory=file");

            assertThat(report.exit()).isEqualTo(1);
            report.assertFinding("kafka", "problem", "no Kafka answers at " + NO_KAFKA);
            report.assertFinding("base", "problem", "gone");
            report.assertFinding("device", "warning", "1000 threads", "trainer.threads");
            report.assertFinding("keys", "problem", "registry.signing-key cannot be used", "keygen");
            report.assertFinding("http", "problem", "cannot be had", "http.port");
            report.assertFinding("store", "ok", "can be written");
            report.assertFinding("data directory", "problem", "is not a folder", "data-directory");
        }
        assertThat(files()).isEqualTo(before);
    }

    @Test
    void looksAtABucketThatIsNotThere() throws Exception {
        Report report = doctor(
                NO_KAFKA,
                "registry.store=s3://nowhere/x",
                "registry.s3-endpoint=http://127.0.0.1:1",
                "registry.s3-region=x");

        report.assertFinding("store", "problem", "s3://nowhere/x", "registry.s3-endpoint");
    }

    @Test
    void saysWhereThereIsNoRoom() throws Exception {
        try (SmallDisk disk = SmallDisk.mount(folder.resolve("disk"), 4)) {
            Path seen = disk.seenFromOutside();
            doctor(NO_KAFKA, "registry.store=" + seen).assertFinding("store", "problem", "too few", "registry sweep");
            disk.fill();
            doctor(NO_KAFKA, "registry.store=" + seen)
                    .assertFinding("store", "problem", "No space left on device", "make room");
        }
    }

    @Test
    void isReadByPeopleToo() {
        Shell shell = new Shell(folder);

        assertThat(shell.run(
                        "doctor",
                        "--bootstrap-servers",
                        NO_KAFKA,
                        "--set",
                        "trainer.base=tiny",
                        "--set",
                        "http.port=0",
                        "--set",
                        "kafka.client.default.api.timeout.ms=1000",
                        "--set",
                        "kafka.client.request.timeout.ms=500"))
                .isEqualTo(1);
        assertThat(shell.out())
                .containsPattern("(?m)^ok +engine +PyTorch")
                .containsPattern("(?m)^problem +kafka +no Kafka answers")
                .containsPattern("(?m)^ +-> see kafka.bootstrap-servers")
                .contains("1 problems, ");
        assertThat(shell.err()).isEmpty();
    }
}
