package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.PredictionJson;
import dev.millrace.registry.PredictionRecord;
import dev.millrace.registry.RegistryReader;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands as a person uses them, from a file of examples to an answer, with the real model on a real broker. */
class WholeWayTest {

    private static final List<String> SEA = List.of("ship", "harbour", "anchor", "sailor", "wave", "lighthouse");
    private static final List<String> KITCHEN = List.of("oven", "recipe", "butter", "dough", "saucepan", "spice");
    private static final Pattern ADDRESS = Pattern.compile("metrics at (http://\\S+)/metrics");
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<ExecutorService> running = new ArrayList<>();

    @TempDir
    private Path folder = Path.of("");

    @BeforeEach
    void writeExamples() throws IOException {
        Files.writeString(folder.resolve("first.csv"), examples(0, 80));
        Files.writeString(folder.resolve("second.csv"), examples(80, 112));
        Files.writeString(folder.resolve("broken.jsonl"), """
                {"text": "no label here"}
                this is no JSON
                {"id": "kept", "text": "an anchor on the ship", "label": "sea"}
                {"id": "kept", "text": "an anchor on the ship", "label": "sea"}
                """);
    }

    @AfterEach
    void stopAll() {
        running.forEach(ExecutorService::shutdownNow);
    }

    private static String examples(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(i -> {
                    List<String> words = i % 2 == 0 ? SEA : KITCHEN;
                    return "The " + words.get(i % 6) + " and the " + words.get((i / 2 + 1) % 6) + " number " + i + ","
                            + (i % 2 == 0 ? "sea" : "kitchen") + "\n";
                })
                .collect(Collectors.joining("", "message,topic\n", ""));
    }

    private static <T> T await(String what, Callable<T> attempt) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            T found = attempt.call();
            if (found != null) {
                return found;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
        throw new AssertionError("did not happen within " + PATIENCE + ": " + what);
    }

    private Future<Integer> start(Shell shell, String... arguments) {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        running.add(thread);
        return thread.submit(() -> shell.run(arguments));
    }

    private URI awaitAddress(Shell shell, Future<Integer> exit) throws Exception {
        return await("the rooms are open", () -> {
            Matcher matcher = ADDRESS.matcher(shell.out());
            if (matcher.find()) {
                return URI.create(matcher.group(1));
            }
            assertThat(exit.isDone()).as(shell.err()).isFalse();
            return null;
        });
    }

    private HttpResponse<String> get(URI address, String path) throws Exception {
        return http.send(HttpRequest.newBuilder(address.resolve(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> score(URI address, String text) throws Exception {
        return http.send(
                HttpRequest.newBuilder(address.resolve("/v1/score"))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"text\": \"" + text + "\"}"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private VersionRecord awaitExamples(EmbeddedBroker broker, long examples) throws Exception {
        return await(
                examples + " examples are in a version",
                () -> registry(broker)
                        .latest("default")
                        .filter(version -> version.examples() == examples)
                        .orElse(null));
    }

    private static ModelRegistry registry(EmbeddedBroker broker) {
        return RegistryReader.readAll(
                Map.of("bootstrap.servers", broker.bootstrapServers()), "model-registry", Duration.ofSeconds(30));
    }

    @Test
    void examplesBecomeVersionsThatAnswerAndGoOnAfterARestart() throws Exception {
        assertThat(new Shell(folder).run("registry", "keygen", "--to", "trainer.key"))
                .isZero();
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder.resolve("kafka"))) {
            String[] run = {
                "run",
                "--bootstrap-servers",
                broker.bootstrapServers(),
                "--set",
                "http.port=0",
                "--set",
                "kafka.partitions=2",
                "--set",
                "trainer.version-every-examples=32",
                "--set",
                "trainer.idle-flush=500ms",
                "--set",
                "registry.signing-key=trainer.key",
                "--set",
                "registry.trusted-keys=trainer.key.pub"
            };
            Shell first = new Shell(folder);
            Future<Integer> firstExit = start(first, run);
            URI address = awaitAddress(first, firstExit);
            assertThat(score(address, "a ship").statusCode()).isEqualTo(503);

            ask(broker, "before", "the sailor sees a wave");
            produce(broker, "first.csv");
            produce(broker, "broken.jsonl");
            VersionRecord learned = awaitExamples(broker, 81);
            await("readiness", () -> get(address, "/readyz").statusCode() == 200 ? true : null);
            JsonNode answer = await("version " + learned.version() + " is served", () -> {
                JsonNode json = new ObjectMapper()
                        .readTree(score(address, "the sailor sees a wave").body());
                return json.path("version").asLong() == learned.version() ? json : null;
            });
            assertThat(answer.at("/predictions/0/label").asText()).isEqualTo("sea");
            assertThat(answer.at("/predictions/0/confidence").asDouble()).isBetween(0.5, 1.0);
            assertThat(get(address, "/healthz").statusCode()).isEqualTo(200);
            assertThat(get(address, "/api/v1/models/default").body()).contains("\"champion\":");
            assertThat(get(address, "/metrics").body())
                    .contains(
                            "millrace_ingest_accepted_total{model=\"default\"} 81.0",
                            "millrace_ingest_duplicates_total{model=\"default\"} 1.0",
                            "millrace_ingest_rejected_total{reason=\"label_missing\"} 1.0",
                            "millrace_ingest_rejected_total{reason=\"not_json\"} 1.0",
                            "millrace_training_examples_total{model=\"default\"} 81.0",
                            "millrace_training_step_seconds_count",
                            "millrace_training_loss_nats",
                            "millrace_training_prequential_accuracy_ratio",
                            "millrace_training_lag_records{model=\"default\"} 0.0",
                            "millrace_registry_version_age_seconds",
                            "millrace_registry_checkpoint_write_seconds_count",
                            "millrace_serving_freshness_seconds_count",
                            "jvm_memory_used_bytes");

            stopAll();
            assertThat(firstExit.get(60, TimeUnit.SECONDS)).isZero();
            Shell second = new Shell(folder);
            Future<Integer> secondExit = start(second, run);
            URI again = awaitAddress(second, secondExit);
            produce(broker, "second.csv");
            VersionRecord newest = awaitExamples(broker, 113);

            List<VersionRecord> versions = registry(broker).versions("default");
            assertThat(versions).extracting(VersionRecord::version).doesNotHaveDuplicates();
            for (int i = 1; i < versions.size(); i++) {
                assertThat(versions.get(i).parent())
                        .isEqualTo(versions.get(i - 1).version());
                assertThat(versions.get(i).position().nextOffset())
                        .isGreaterThan(versions.get(i - 1).position().nextOffset());
            }
            assertThat(newest.labels()).containsExactlyInAnyOrder("sea", "kitchen");
            await(
                    "the newest version is served",
                    () -> new ObjectMapper()
                                            .readTree(score(again, "butter in the dough")
                                                    .body())
                                            .path("version")
                                            .asLong()
                                    == newest.version()
                            ? true
                            : null);
            ask(broker, "after", "butter in the dough");
            assertAnswered(broker, newest.version());
            lookAround(broker, newest);
            serveElsewhere(broker, newest);
            assertThat(secondExit.isDone()).isFalse();
            stopAll();
            assertThat(secondExit.get(60, TimeUnit.SECONDS)).isZero();
        }
    }

    private void serveElsewhere(EmbeddedBroker broker, VersionRecord newest) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress("localhost", 0), 0);
        server.start();
        try (AutoCloseable service = ConsumingPage.start(
                folder.resolve("service"),
                server,
                broker.bootstrapServers(),
                folder.resolve("millrace-data/artifacts"),
                "default@champion")) {
            URI address = URI.create("http://localhost:" + server.getAddress().getPort());
            assertThat(http.send(
                                    HttpRequest.newBuilder(address)
                                            .POST(HttpRequest.BodyPublishers.ofString("a recipe with butter"))
                                            .build(),
                                    HttpResponse.BodyHandlers.ofString())
                            .body())
                    .as("%s", service)
                    .isEqualTo("kitchen");
            Pattern line = Pattern.compile("default +champion +\\S+ +serving +100% +" + newest.version() + " +"
                    + newest.version() + " +no +\\d+s ago");
            await("both have said what they serve", () -> {
                Shell shell = new Shell(folder);
                assertThat(shell.run("registry", "deployments", "--bootstrap-servers", broker.bootstrapServers()))
                        .as(shell.err())
                        .isZero();
                return line.matcher(shell.out()).results().count() == 2 ? true : null;
            });
        } finally {
            server.stop(0);
        }
    }

    private static void ask(EmbeddedBroker broker, String id, String text) {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                new StringSerializer(),
                new StringSerializer())) {
            var unused = producer.send(
                    new ProducerRecord<>("inputs", "{\"id\": \"" + id + "\", \"text\": \"" + text + "\"}"));
        }
    }

    /** What was asked before there was a version is answered by one of the first, and what was asked last by the newest. */
    private static void assertAnswered(EmbeddedBroker broker, long newest) {
        Map<String, PredictionRecord> answers = new TreeMap<>();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers", broker.bootstrapServers(),
                        "isolation.level", "read_committed",
                        "auto.offset.reset", "earliest"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            consumer.assign(List.of(new TopicPartition("predictions", 0), new TopicPartition("predictions", 1)));
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (answers.size() < 2 && System.nanoTime() < deadline) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    PredictionRecord answer = PredictionJson.read(record.value());
                    assertThat(answers.put(answer.id(), answer)).isNull();
                }
            }
        }
        assertThat(answers).containsOnlyKeys("before", "after");
        PredictionRecord before = Objects.requireNonNull(answers.get("before"));
        PredictionRecord after = Objects.requireNonNull(answers.get("after"));
        assertThat(before.version()).isLessThan(newest);
        assertThat(after.version()).isEqualTo(newest);
        assertThat(after.label()).isEqualTo("kitchen");
        assertThat(after.top()).hasSize(2);
    }

    private void produce(EmbeddedBroker broker, String file) {
        Shell shell = new Shell(folder);
        boolean table = file.endsWith(".csv");
        assertThat(shell.run(
                        "produce",
                        file,
                        "--bootstrap-servers",
                        broker.bootstrapServers(),
                        "--text",
                        table ? "message" : "text",
                        "--label",
                        table ? "topic" : "label"))
                .as(shell.err())
                .isZero();
    }

    private void lookAround(EmbeddedBroker broker, VersionRecord newest) throws IOException {
        Shell score = new Shell(folder);
        assertThat(score.run("score", "--bootstrap-servers", broker.bootstrapServers(), "a recipe with butter"))
                .as(score.err())
                .isZero();
        assertThat(score.out()).startsWith("kitchen").contains("v" + newest.version());

        Shell pull = new Shell(folder);
        assertThat(pull.run(
                        "registry",
                        "pull",
                        "default",
                        "--bootstrap-servers",
                        broker.bootstrapServers(),
                        "--set",
                        "registry.trusted-keys=trainer.key.pub",
                        "--to",
                        "out"))
                .as(pull.err())
                .isZero();
        assertThat(folder.resolve("out"))
                .isDirectoryContaining("glob:**model.safetensors")
                .isDirectoryContaining("glob:**head.safetensors")
                .isDirectoryContaining("glob:**config.json")
                .isDirectoryContaining("glob:**tokenizer.json")
                .isDirectoryContaining("glob:**version.json")
                .isDirectoryContaining("glob:**README.md");

        Path own = Files.createDirectories(folder.resolve("own"));
        Files.writeString(own.resolve("README.md"), "mine");
        Shell again = new Shell(folder);
        assertThat(again.run(
                        "registry", "pull", "default", "--bootstrap-servers", broker.bootstrapServers(), "--to", "own"))
                .isEqualTo(2);
        assertThat(own.resolve("README.md")).hasContent("mine");
    }

    @Test
    void theQuickStartTakesAUsersOwnFileAndReports() throws Exception {
        Shell shell = new Shell(folder);
        // What fits a cluster does not fit the broker in this process.
        Files.writeString(folder.resolve("millrace.yaml"), """
                kafka:
                  bootstrap-servers: kafka.example:9092
                  replication-factor: 3
                  client:
                    security.protocol: SASL_SSL
                """);

        int exit = shell.run(
                "quickstart",
                "--examples",
                "first.csv",
                "--text",
                "message",
                "--label",
                "topic",
                "--set",
                "trainer.version-every-examples=32",
                "--set",
                "http.port=0",
                "--exit",
                "--report",
                "report.json");

        assertThat(exit).as(shell.err()).isZero();
        JsonNode report = new ObjectMapper().readTree(Files.readString(folder.resolve("report.json")));
        assertThat(report.path("accepted").asInt()).isEqualTo(80);
        assertThat(report.path("rejected").isObject()).isTrue();
        assertThat(report.path("rejected")).isEmpty();
        assertThat(report.path("versions").asInt()).isGreaterThanOrEqualTo(2);
        // Two clearly different topics: guessing would be right half of the time.
        assertThat(report.path("prequential").asDouble()).isGreaterThan(0.55);
        assertThat(report.path("baseline").asDouble()).isGreaterThan(0.55);
        assertThat(report.path("secondsToFirstVersion").asDouble()).isPositive();
        assertThat(report.path("seconds").asDouble()).isPositive();
        assertThat(shell.out())
                .contains("examples accepted", "PREQUENTIAL ACCURACY", "frozen baseline", "/v1/score", "/metrics");
        assertThat(Objects.requireNonNull(shell.err())).contains("Learning:");
    }
}
