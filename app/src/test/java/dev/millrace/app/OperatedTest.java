package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.broker.EmbeddedBroker;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What somebody sees who looks after a running Millrace: its log and its health, on the whole way and without Kafka. */
class OperatedTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SECRET = "zebrafish";

    /** Is in every token and password that this Millrace has, and in some that it is sent. */
    private static final String KEY = "pufferfish";

    private static final String TOKEN = KEY + "-0123456789";
    private static final String JAAS = "kafka.client.sasl.jaas.config="
            + "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"ann\" password=\"" + KEY
            + "\";";
    private static final Pattern ADDRESS = Pattern.compile("metrics at (http://\\S+)/metrics");

    private final HttpClient http = HttpClient.newHttpClient();

    @TempDir
    private Path folder = Path.of("");

    private HttpResponse<String> get(URI address, String path) {
        return send(HttpRequest.newBuilder(address.resolve(path)).build());
    }

    private HttpResponse<String> score(URI address, String body) {
        return send(HttpRequest.newBuilder(address.resolve("/v1/score"))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build());
    }

    private HttpResponse<String> send(HttpRequest request) {
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private JsonNode check(URI address, String name) {
        try {
            JsonNode checks = JSON.readTree(get(address, "/readyz").body()).path("checks");
            return StreamSupport.stream(checks.spliterator(), false)
                    .filter(check -> check.path("name").asText().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no check " + name + " in " + checks));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static List<ProducerRecord<String, String>> sent() {
        List<ProducerRecord<String, String>> records = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
            records.add(new ProducerRecord<>(
                    "examples",
                    "{\"id\": \"%1$s-%2$d\", \"text\": \"%1$s number %2$d\", \"label\": \"%3$s\"}"
                            .formatted(SECRET, i, i % 2 == 0 ? "sea" : "kitchen")));
        }
        records.add(new ProducerRecord<>("examples", "{\"text\": \"" + SECRET + " without a label\"}"));
        records.add(new ProducerRecord<>("examples", SECRET + " is no JSON"));
        records.add(
                new ProducerRecord<>("examples", "{\"text\": \"" + SECRET + "\", \"label\": [\"" + SECRET + "\"]}"));
        ProducerRecord<String, String> event =
                new ProducerRecord<>("examples", "{\"text\": \"" + SECRET + " as an event\", \"label\": \"sea\"}");
        Map.of("ce_specversion", "1.0", "ce_id", SECRET, "ce_source", "/" + SECRET, "ce_time", SECRET)
                .forEach((name, value) -> event.headers().add(name, value.getBytes(StandardCharsets.UTF_8)));
        records.add(event);
        records.add(new ProducerRecord<>("inputs", "{\"id\": \"" + SECRET + "\", \"text\": \"" + SECRET + "\"}"));
        records.add(new ProducerRecord<>("inputs", "{\"id\": \"1\", \"text\": [\"" + SECRET + "\"]}"));
        records.add(new ProducerRecord<>("inputs", SECRET));
        return records;
    }

    /** Makes a change with the token, tries to with others, and looks for any of them wherever something is told. */
    private void assertNoKeyIsTold(URI address, String bootstrapServers) throws Exception {
        for (String token : List.of(TOKEN, KEY + "-is-not-the-token")) {
            HttpResponse<String> answer = send(HttpRequest.newBuilder(address.resolve("/api/v1/models/default/pin"))
                    .header("Authorization", "Bearer " + token)
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString("{\"by\": \"ann\", \"reason\": \"to see\"}"))
                    .build());
            assertThat(answer.statusCode()).isEqualTo(token.equals(TOKEN) ? 200 : 401);
            assertThat(answer.body()).doesNotContain(KEY);
            HttpResponse<String> signedIn = send(HttpRequest.newBuilder(address.resolve("/sign-in"))
                    .POST(HttpRequest.BodyPublishers.ofString("token=" + token))
                    .build());
            assertThat(signedIn.statusCode()).isEqualTo(token.equals(TOKEN) ? 303 : 401);
            assertThat(signedIn.headers().toString() + signedIn.body()).doesNotContain(KEY);
        }
        for (String path : List.of(
                "/",
                "/models/default",
                "/models/default/versions",
                "/models/default/versions/1",
                "/dead-letters",
                "/deployments",
                "/try",
                "/label",
                "/sign-in",
                "/api/v1/models/default",
                "/api/v1/models/default/versions/1",
                "/api/v1/history",
                "/api/v1/deployments",
                "/metrics",
                "/readyz")) {
            HttpResponse<String> page = get(address, path);
            assertThat(page.statusCode()).as(path).isEqualTo(200);
            assertThat(page.body()).as(path).doesNotContain(KEY);
        }
        List<String> records = everythingInTopics(bootstrapServers);
        assertThat(records).hasSizeGreaterThan(32).anyMatch(record -> record.contains("to see"));
        assertThat(records).noneMatch(record -> record.contains(KEY));
    }

    private static List<String> everythingInTopics(String bootstrapServers) throws Exception {
        List<String> records = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrapServers), new StringDeserializer(), new StringDeserializer())) {
            List<TopicPartition> all = consumer.listTopics().values().stream()
                    .flatMap(List::stream)
                    .map(each -> new TopicPartition(each.topic(), each.partition()))
                    .toList();
            consumer.assign(all);
            consumer.seekToBeginning(all);
            Map<TopicPartition, Long> ends = consumer.endOffsets(all);
            while (all.stream().anyMatch(each -> consumer.position(each) < ends.getOrDefault(each, 0L))) {
                consumer.poll(Duration.ofMillis(100))
                        .forEach(record -> records.add(record.topic() + " " + record.key() + " " + record.value() + " "
                                + StreamSupport.stream(record.headers().spliterator(), false)
                                        .map(header -> header.key() + "="
                                                + new String(
                                                        header.value() == null ? new byte[0] : header.value(),
                                                        StandardCharsets.UTF_8))
                                        .toList()));
            }
        }
        return records;
    }

    private void withoutTheStore(URI address, KafkaProducer<String, String> producer) throws Exception {
        Path beside = folder.resolve("store/tmp");
        RunningMillrace.await(
                () -> check(address, "trainer-versions").path("status").asText().equals("up") && delete(beside),
                "nothing is being written");
        Files.writeString(beside, "in the way");
        for (int i = 0; i < 16; i++) {
            producer.send(new ProducerRecord<>(
                            "examples", "{\"text\": \"" + SECRET + " again " + i + "\", \"label\": \"sea\"}"))
                    .get();
        }
        RunningMillrace.await(
                () -> check(address, "trainer-versions").path("status").asText().equals("degraded"),
                () -> "a version waits: " + get(address, "/readyz").body());
        assertThat(check(address, "trainer-versions").path("detail").asText())
                .contains("of default could not be written to the store and is tried again");
        assertThat(get(address, "/readyz").statusCode()).isEqualTo(200);

        Files.delete(beside);
        Files.createDirectory(beside);
        RunningMillrace.await(
                () -> check(address, "trainer-versions").path("status").asText().equals("up"),
                () -> "it was written after all: " + get(address, "/readyz").body());
    }

    private static boolean delete(Path emptyFolder) {
        try {
            return Files.deleteIfExists(emptyFolder);
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void theLogTellsNoTextsAndHealthTellsSinceWhenKafkaIsAway() throws Exception {
        EmbeddedBroker broker = EmbeddedBroker.start(folder.resolve("kafka"));
        Path token = folder.resolve("token");
        Files.writeString(token, TOKEN);
        Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw-------"));
        Shell shell = new Shell(folder);
        assertThat(shell.run("settings", "--effective", "--set", "http.token-file=" + token, "--set", JAAS))
                .isZero();
        assertThat(shell.out()).contains("sasl.jaas.config", "http.token-file").doesNotContain(KEY);
        try (RunningMillrace running = new RunningMillrace(
                        folder,
                        "operated",
                        broker.bootstrapServers(),
                        "ingest,trainer,registry,score,predict",
                        "log.format=json",
                        "log.console=all",
                        "http.token-file=" + token,
                        JAAS);
                KafkaProducer<String, String> producer = new KafkaProducer<>(
                        Map.of("bootstrap.servers", broker.bootstrapServers()),
                        new StringSerializer(),
                        new StringSerializer())) {
            URI address = URI.create(running.untilPrinted(ADDRESS));
            assertThat(get(address, "/startupz").statusCode()).isEqualTo(200);
            assertThat(check(address, "serving-default").path("detail").asText())
                    .isEqualTo("no version of default is served yet");

            for (ProducerRecord<String, String> record : sent()) {
                producer.send(record).get();
            }
            RunningMillrace.await(
                    () -> get(address, "/readyz").statusCode() == 200
                            && get(address, "/metrics")
                                    .body()
                                    .contains("millrace_training_examples_total{model=\"default\"} 3"),
                    () -> "ready and taught: " + get(address, "/readyz").body());
            assertThat(score(address, "{\"text\": \"" + SECRET + "\"}").statusCode())
                    .isEqualTo(200);
            assertThat(score(address, "{\"text\": " + SECRET).statusCode()).isEqualTo(400);
            assertThat(score(address, "{\"model\": \"" + SECRET + "\", \"text\": \"a\"}")
                            .statusCode())
                    .isEqualTo(404);
            assertThat(get(address, "/api/v1/models/" + SECRET).statusCode()).isEqualTo(404);
            RunningMillrace.await(
                    () -> get(address, "/metrics")
                            .body()
                            .contains("millrace_ingest_rejected_total{reason=\"not_json\"} 2"),
                    () -> "all rejected: " + get(address, "/metrics").body());

            assertNoKeyIsTold(address, broker.bootstrapServers());
            withoutTheStore(address, producer);

            Instant gone = Clock.systemUTC().instant();
            broker.close();
            for (String name : List.of("registry-default", "registry-view", "trainer-kafka")) {
                RunningMillrace.await(
                        () -> check(address, name).path("status").asText().equals("degraded"),
                        () -> name + " is degraded: " + get(address, "/readyz").body());
                assertThat(Instant.parse(check(address, name).path("since").asText()))
                        .isAfter(gone);
                assertThat(check(address, name).path("detail").asText()).contains("see that Kafka");
            }
            assertThat(score(address, "{\"text\": \"still there?\"}").statusCode())
                    .isEqualTo(200);
            assertThat(get(address, "/livez").statusCode()).isEqualTo(200);
            running.untilLogged("registry-view is degraded");
            running.signal("KILL");

            assertThat(running.logged()).doesNotContain(SECRET, KEY);
            assertThat(running.printed()).doesNotContain(SECRET, KEY);
            List<JsonNode> events = new ArrayList<>();
            for (String line : running.logged().lines().toList()) {
                events.add(JSON.readTree(line));
            }
            assertThat(events)
                    .filteredOn(
                            event -> event.path("formattedMessage").asText().contains(" is published, learned from"))
                    .isNotEmpty()
                    .allSatisfy(event -> {
                        assertThat(event.path("level").asText()).isEqualTo("INFO");
                        assertThat(event.at("/mdc/model").asText()).isEqualTo("default");
                        assertThat(event.at("/mdc/version").asInt()).isPositive();
                        assertThat(event.at("/mdc/offset").asInt()).isPositive();
                    });
            assertThat(events)
                    .filteredOn(event -> event.path("formattedMessage").asText().startsWith("Serving version"))
                    .isNotEmpty()
                    .allSatisfy(event ->
                            assertThat(event.at("/mdc/version").asInt()).isPositive());
            assertThat(running.printed().lines().filter(line -> line.startsWith("{")))
                    .as("what the console got")
                    .anyMatch(line -> line.contains(" is published, learned from"))
                    .allSatisfy(
                            line -> assertThat(JSON.readTree(line).path("level").asText())
                                    .isNotEmpty());
        } finally {
            broker.close();
        }
    }
}
