package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.model.Classifier;
import dev.millrace.model.ClassifierWeights;
import dev.millrace.model.Head;
import dev.millrace.model.HuggingFaceFolder;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.RandomEncoder;
import dev.millrace.model.Tensor;
import dev.millrace.model.Tensor.ElementType;
import dev.millrace.registry.Alias;
import dev.millrace.registry.Artifact;
import dev.millrace.registry.FolderArtifactStore;
import dev.millrace.registry.LogPosition;
import dev.millrace.registry.RegistryTopic;
import dev.millrace.registry.VersionPublisher;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RegistryCommandTest {

    private static final Instant TIME = Instant.parse("2026-11-24T10:00:00Z");

    private final EmbeddedBroker broker;

    RegistryCommandTest(@TempDir Path data) throws Exception {
        broker = EmbeddedBroker.start(data);
        Map<String, Object> client = Map.of("bootstrap.servers", broker.bootstrapServers());
        try (Admin admin = Admin.create(client)) {
            for (String name : List.of("model-registry", "empty-model-registry", "hostile-model-registry")) {
                admin.createTopics(RegistryTopic.all(name, (short) 1)).all().get();
            }
        }
        try (VersionPublisher publisher = VersionPublisher.open(client, "model-registry", "test");
                KafkaConsumer<byte[], byte[]> trainer = new KafkaConsumer<>(
                        Map.of("bootstrap.servers", broker.bootstrapServers(), "group.id", "trainer"),
                        new ByteArrayDeserializer(),
                        new ByteArrayDeserializer())) {
            Alias champion = new Alias("support", Alias.CHAMPION, 2, null, TIME, "trainer", "newest");
            publisher.publish(version(1, 0.75123), List.of(), Map.of(), trainer.groupMetadata());
            publisher.publish(version(2, 0.80246), List.of(champion), Map.of(), trainer.groupMetadata());
        }
    }

    private static VersionRecord version(long number, double accuracy) {
        return new VersionRecord(
                "support",
                number,
                TIME,
                number == 1 ? null : number - 1,
                "minilm-l6",
                List.of(new Artifact("weights", 123, "ab".repeat(32), "sha256/ab/" + "ab".repeat(32))),
                List.of("billing", "shipping"),
                new LogPosition("training-examples", 3, 500 * number),
                500 * number,
                16 * number,
                TIME,
                Map.of("trainer.seed", "42"),
                "cd".repeat(32),
                Map.of("prequential_accuracy", accuracy),
                Map.of("device", "cpu"),
                null);
    }

    @AfterAll
    void stop() {
        broker.close();
    }

    private Shell run(int exit, String arguments) {
        Shell shell = new Shell(Path.of(""));
        assertThat(shell.run((arguments + " --bootstrap-servers " + broker.bootstrapServers()).split(" ")))
                .as(shell::err)
                .isEqualTo(exit);
        return shell;
    }

    @Test
    void listsVersionsWithTheirAliases() {
        assertThat(run(0, "registry list").out().lines())
                .containsExactly(
                        "MODEL    VERSION  ALIASES   TIME                  EXAMPLES  LABELS  PREQUENTIAL  BASE",
                        "support  1                  2026-11-24T10:00:00Z  500       2       0.7512       minilm-l6",
                        "support  2        champion  2026-11-24T10:00:00Z  1000      2       0.8025       minilm-l6");
    }

    @Test
    void listsVersionsAsTheApiDoes() throws Exception {
        JsonNode listed = new ObjectMapper()
                .readTree(run(0, "registry list support --json").out());

        assertThat(listed.get("versions")).hasSize(2);
        assertThat(listed.at("/versions/1").toString())
                .isEqualTo(
                        "{\"model\":\"support\",\"version\":2,\"time\":\"2026-11-24T10:00:00Z\",\"parent\":1,"
                                + "\"base\":\"minilm-l6\",\"labelCount\":2,\"examples\":1000,\"steps\":32,"
                                + "\"metrics\":{\"prequential_accuracy\":0.80246},\"aliases\":[\"champion\"],\"retired\":false}");
    }

    @Test
    void aFailureIsJsonForAScript() throws Exception {
        JsonNode problem = new ObjectMapper()
                .readTree(run(2, "registry show support 9 --json").err());
        assertThat(problem.get("detail").asText()).contains("there is no version 9 of model support");
        assertThat(problem.get("exitCode").asInt()).isEqualTo(2);
        assertThat(new ObjectMapper()
                        .readTree(run(2, "registry show --json").err())
                        .get("detail")
                        .asText())
                .contains("Missing required parameter: 'MODEL'");
    }

    @Test
    void showsAVersionByNumberAliasOrTheLatest() throws Exception {
        assertThat(run(0, "registry show support 1").out())
                .startsWith("Version 1 of support")
                .contains("parent                       none")
                .contains("training-examples, partition 3, up to offset 500")
                .contains("2: billing, shipping")
                .contains("prequential_accuracy         0.75123")
                .contains("weights")
                .contains("ab".repeat(32));
        assertThat(run(0, "registry show support champion").out())
                .startsWith("Version 2 of support")
                .contains("since 2026-11-24T10:00:00Z by trainer: newest");
        assertThat(new ObjectMapper()
                        .readTree(run(0, "registry show support --json").out())
                        .get("version")
                        .asLong())
                .isEqualTo(2);
    }

    @Test
    void sweepsWhatNoVersionNeedsAndSaysSoBefore(@TempDir Path folder) throws Exception {
        FolderArtifactStore store = FolderArtifactStore.open(folder);
        Artifact old = store.put("weights", out -> out.write(new byte[100]));
        Artifact young = store.put("weights", out -> out.write(new byte[10]));
        Files.setLastModifiedTime(store.fetch(old), FileTime.from(Instant.now().minus(Duration.ofDays(2))));
        String here = " --set registry.store=" + folder;

        assertThat(run(0, "registry sweep support" + here).out()).startsWith("Removed 0 files of 0 bytes");
        assertThat(run(0, "registry sweep --all --dry-run" + here).out())
                .isEqualTo("Would remove 1 files of 100 bytes from " + folder.toRealPath() + ".\n");
        assertThat(new ObjectMapper()
                        .readTree(run(0, "registry sweep --all --dry-run --json" + here)
                                .out())
                        .toString())
                .isEqualTo("{\"dryRun\":true,\"files\":1,\"bytes\":100}");
        assertThat(store.fetch(old)).exists();
        assertThat(run(0, "registry sweep --all" + here).out()).startsWith("Removed 1 files of 100 bytes");
        assertThat(store.fetch(young)).exists();
        assertThat(folder.resolve(old.uri())).doesNotExist();
    }

    /** What the names of a record can do to the file system is in TraversalTest; this is the way of a person to it. */
    @Test
    void aPullOfHostileAddressesReadsAndWritesNothing(@TempDir Path folder) throws Exception {
        byte[] secret = "root:x:0:0".getBytes(StandardCharsets.UTF_8);
        String sha256 =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(secret));
        Files.write(folder.resolve("secret"), secret);
        FolderArtifactStore.open(folder.resolve("store"));
        List<String> addresses =
                List.of("../secret", folder + "/secret", "sha256/../../secret", "file://" + folder + "/secret");
        try (VersionPublisher publisher = VersionPublisher.open(
                Map.of("bootstrap.servers", broker.bootstrapServers()), "hostile-model-registry", "hostile")) {
            for (int i = 0; i < addresses.size(); i++) {
                String address = addresses.get(i);
                publisher.change(
                        List.of(hostile(
                                i + 1,
                                Classifier.ROLES.stream()
                                        .map(role -> new Artifact(role, secret.length, sha256, address))
                                        .toList())),
                        List.of());
            }
        }
        for (int i = 0; i < addresses.size(); i++) {
            assertThat(run(
                                    2,
                                    "registry pull .. " + (i + 1) + " --to " + folder
                                            + "/pulled --set topic-prefix=hostile- --set"
                                            + " registry.store=" + folder + "/store --set data-directory=" + folder
                                            + "/data")
                            .err())
                    .contains("says it is at '" + addresses.get(i) + "', but its digest puts it at 'sha256/")
                    .doesNotContain("root:x");
        }
        assertThat(folder.resolve("pulled")).doesNotExist();
    }

    private static VersionRecord hostile(long number, List<Artifact> artifacts) {
        VersionRecord like = version(number, 0.5);
        return new VersionRecord(
                "..",
                number,
                TIME,
                like.parent(),
                "../base",
                artifacts,
                List.of("../a", "/b"),
                like.position(),
                like.examples(),
                like.steps(),
                TIME,
                like.settings(),
                like.settingsSha256(),
                like.metrics(),
                like.runtime(),
                null);
    }

    @Test
    void importsWhatWasTrainedElsewhereAsTheFirstVersion(@TempDir Path folder) throws Exception {
        Path bert = trainedElsewhere(folder);
        String here = " --set topic-prefix=import- --set data-directory=" + folder + "/data";
        JsonNode told = new ObjectMapper()
                .readTree(run(0, "registry import " + bert + " --model tickets --json" + here)
                        .out());
        assertThat(told.get("version").asInt()).isEqualTo(1);
        assertThat(told.get("settings").toString())
                .contains("\"trainer.base\":\"" + bert + "\"", "\"trainer.head\":\"bert\"");

        assertThat(run(0, "score lost --top 2 --model tickets" + here).out()).contains("billing", "shipping", "v1");
        assertThat(run(2, "registry import " + bert + " --model tickets" + here).err())
                .contains("tickets has versions already");
        assertThat(run(2, "registry import " + folder + here).err()).contains("there is no file config.json");
    }

    /** A folder with a BertForSequenceClassification of two labels. */
    private static Path trainedElsewhere(Path folder) throws IOException {
        PretrainedModel encoder = RandomEncoder.tiny();
        int hidden = encoder.config().hidden();
        ByteBuffer rows = ByteBuffer.allocate(2 * hidden * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 2 * hidden; i++) {
            rows.putFloat(i * Float.BYTES, (float) Math.sin(1 + 7.0 * i));
        }
        List<Tensor> head = new ArrayList<>(Head.bert(8)
                .newRows(new Tensor(Head.ROWS, ElementType.F32, List.of(2L, (long) hidden), rows), new float[] {1}));
        head.addAll(Head.bert(8).freshHiddenLayers(hidden, 3));
        Map<String, Path> files = Map.of(
                Classifier.CONFIG, folder.resolve("c"),
                Classifier.TOKENIZER, folder.resolve("t"),
                Classifier.BASE, folder.resolve("b"),
                Classifier.WEIGHTS, folder.resolve("w"));
        Files.write(folder.resolve("c"), encoder.config().write());
        Files.writeString(folder.resolve("t"), encoder.tokenizerJson());
        try (OutputStream base = Files.newOutputStream(folder.resolve("b"));
                OutputStream weights = Files.newOutputStream(folder.resolve("w"))) {
            encoder.writeTensors(base);
            new ClassifierWeights(List.of("billing", "shipping"), Head.bert(8), 32, head).writeTo(weights);
        }
        Path bert = Files.createDirectory(folder.resolve("bert"));
        HuggingFaceFolder.write(bert, files, "tickets", Map.of());
        return bert;
    }

    @Test
    void anEmptyRegistryIsNoError() {
        assertThat(run(0, "registry list --set topic-prefix=empty-").out()).contains("There are no versions yet.");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    registry show sales                       | there is no model sales; there are: support
                    registry show support 9                   | there is no version 9 of model support
                    registry show support winner              | there is no version winner of model support
                    registry show                             | Missing required parameter: 'MODEL'
                    registry sweep                            | (MODEL | --all)
                    registry sweep --all --older-than 59m     | --older-than must be at least 1h
                    registry sweep sales --set registry.store=. | there is no model sales
                    registry sweep --all --set registry.store=nowhere | there is no artifact store at
                    registry list --set registry.store=s3://B | registry.store must be empty, a folder, or s3://BUCKET
                    registry list --set topic-prefix=nowhere- | there is no topic 'nowhere-model-registry'
                    """)
    void whatTheUserCanMendIsOneLineAndExitCodeTwo(String arguments, String message) {
        Shell shell = run(2, arguments);

        assertThat(shell.err()).contains(message);
        assertThat(shell.err().lines()).hasSize(1);
    }
}
