package dev.millrace.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.ingest.DeadLetter;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.PredictionJson;
import dev.millrace.registry.RegistryReader;
import dev.millrace.registry.VersionRecord;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code jobs}, as a person uses it beside a Millrace that runs. */
@Timeout(240)
class CatalogJobsTest {

    private static final Pattern ADDRESS = Pattern.compile("metrics at (http://\\S+)/metrics");

    @TempDir
    private Path folder = Path.of("");

    private String servers = "";

    private String succeed(String... arguments) {
        Shell shell = new Shell(folder);
        assertThat(shell.run(with(arguments)))
                .as("%s%n%s", shell.out(), shell.err())
                .isZero();
        return shell.out();
    }

    private String fail(String... arguments) {
        Shell shell = new Shell(folder);
        assertThat(shell.run(with(arguments))).isNotZero();
        return shell.err();
    }

    private String[] with(String... arguments) {
        return Stream.concat(
                        Stream.of(arguments),
                        Stream.of(
                                "--bootstrap-servers",
                                servers,
                                "--set",
                                "trainer.base=tiny",
                                "--set",
                                "registry.store=" + folder.resolve("store")))
                .toArray(String[]::new);
    }

    private void produce(String model, int from, int to) throws Exception {
        Files.writeString(
                folder.resolve("examples.jsonl"),
                IntStream.range(from, to)
                        .mapToObj(i -> """
                                {"id": "%d", "model": "%s", "text": "the %s needs a %d", "label": "%s"}
                                """.formatted(
                                        i, model, i % 2 == 0 ? "boat" : "oven", i, i % 2 == 0 ? "sea" : "kitchen"))
                        .collect(Collectors.joining()));
        succeed("produce", "examples.jsonl");
    }

    private ModelRegistry registry() {
        return RegistryReader.readAll(Map.of("bootstrap.servers", servers), "model-registry", Duration.ofSeconds(30));
    }

    private HttpResponse<String> ask(String address, String model) throws Exception {
        return post(address + "/v1/score", "{\"model\": \"" + model + "\", \"text\": \"the boat needs a 4\"}");
    }

    private static HttpResponse<String> post(String address, String json) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(address))
                                .header("Content-Type", "application/json")
                                .POST(BodyPublishers.ofString(json))
                                .build(),
                        BodyHandlers.ofString());
    }

    @Test
    void trainsServesAndEndsAModelThatNoSettingNames() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder.resolve("kafka"))) {
            servers = broker.bootstrapServers();
            try (RunningMillrace millrace = new RunningMillrace(
                    folder, "run", servers, "ingest,trainer,score,registry", "trainer.idle-flush=1s")) {
                String address = millrace.untilPrinted(ADDRESS);
                assertThat(ask(address, "fraud").statusCode()).isEqualTo(404);
                assertThat(fail("jobs", "create", "fraud", "batch-sise=4")).contains("there is no setting batch-sise");
                assertThat(fail("jobs", "create", "default")).contains("models names default already");
                assertThat(fail("jobs", "create", "fraud", "--base", "/etc"))
                        .contains("neither a published encoder nor a base in the settings");
                assertThat(fail("jobs", "remove", "fraud")).contains("no job was created for fraud");

                assertThat(succeed("jobs", "create", "fraud", "batch-size=4", "--by", "ann"))
                        .contains("There is a job for fraud now");
                produce("fraud", 0, 24);
                RunningMillrace.await(
                        () -> registry()
                                .latest("fraud")
                                .filter(version -> version.examples() == 24)
                                .isPresent(),
                        "a version of 24 examples");
                VersionRecord version = registry().latest("fraud").orElseThrow();
                assertThat(version.settings()).containsEntry("batch-size", "4");
                assertThat(succeed("registry", "replay", "fraud", "latest")).doesNotContain("different");
                assertThat(succeed("control", "fraud", "pause")).contains("pause of fraud lies at offset");
                RunningMillrace.await(() -> isAnswered(address), "an answer of fraud");

                JsonNode listed = new ObjectMapper().readTree(succeed("jobs", "list", "--json"));
                assertThat(listed.at("/jobs/0/model").asText()).isEqualTo("fraud");
                assertThat(listed.at("/jobs/0/settings/batch-size").asText()).isEqualTo("4");
                assertThat(succeed("jobs", "list")).contains("fraud", "tiny", "ann", "batch-size=4");
                assertThat(succeed("registry", "history", "fraud")).contains("job-created");

                createsListsAndRemovesOverHttpAsTheCommandsDo(address);
                succeed("jobs", "remove", "fraud");
                assertThat(succeed("jobs", "list")).contains("No job was created");
                RunningMillrace.await(() -> areRefused(address), "examples of fraud are refused");
                assertThat(ask(address, "fraud").statusCode())
                        .as("who is answered goes on being answered")
                        .isEqualTo(200);
            }
        }
    }

    private void createsListsAndRemovesOverHttpAsTheCommandsDo(String address) throws Exception {
        String jobs = address + "/api/v1/jobs";
        String asked = "\"by\": \"bob\", \"reason\": \"new depot\"}";
        assertThat(post(jobs + "/parcels/create", "{\"settings\": {\"batch-sise\": 4}, " + asked)
                        .body())
                .contains("422", "there is no setting batch-sise");
        assertThat(post(jobs + "/parcels/create", "{\"base\": \"/etc\", " + asked)
                        .body())
                .contains("422", "neither a published encoder nor a base in the settings");
        assertThat(post(jobs + "/default/create", "{" + asked).body()).contains("409", "models names default already");
        HttpResponse<String> created =
                post(jobs + "/parcels/create", "{\"settings\": {\"trainer.batch-size\": 4}, " + asked);
        assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
        JsonNode listed = new ObjectMapper().readTree(succeed("jobs", "list", "--json"));
        assertThat(listed.at("/jobs/1/model").asText()).isEqualTo("parcels");
        assertThat(listed.at("/jobs/1/settings"))
                .as("the whole recipe, as the command writes it")
                .isEqualTo(listed.at("/jobs/0/settings"));
        assertThat(new ObjectMapper()
                        .readTree(HttpClient.newHttpClient()
                                .send(HttpRequest.newBuilder(URI.create(jobs)).build(), BodyHandlers.ofString())
                                .body()))
                .isEqualTo(listed);
        assertThat(post(jobs + "/parcels/remove", "{" + asked).statusCode()).isEqualTo(200);
        assertThat(succeed("jobs", "list")).doesNotContain("parcels");
    }

    @Test
    void answersTheInputsOfAModelThatNoSettingNames() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder.resolve("kafka"))) {
            servers = broker.bootstrapServers();
            try (RunningMillrace millrace =
                    new RunningMillrace(folder, "run", servers, "ingest,trainer,predict", "trainer.idle-flush=1s")) {
                millrace.untilPrinted(ADDRESS);
                input("early", "fraud");
                RunningMillrace.await(() -> unknown().equals(List.of("early")), "nobody knows fraud");

                succeed("jobs", "create", "fraud", "batch-size=4");
                input("first", "fraud");
                millrace.untilLogged("for a version of fraud");
                produce("fraud", 0, 24);
                RunningMillrace.await(() -> predictions().contains("first by fraud"), "an answer to what has waited");

                succeed("jobs", "remove", "fraud");
                succeed("jobs", "create", "empty");
                input("lost", "empty");
                millrace.untilLogged("for a version of empty");
                input("second", "fraud");
                succeed("jobs", "remove", "empty");
                RunningMillrace.await(() -> predictions().contains("second by fraud"), "who was answered still is");
                assertThat(predictions()).containsExactly("first by fraud", "second by fraud");
                assertThat(unknown()).containsExactly("early", "lost");
                assertThat(millrace.isAlive()).isTrue();
            }
        }
    }

    private void input(String id, String model) {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", servers), new StringSerializer(), new StringSerializer())) {
            var unused = producer.send(
                    new ProducerRecord<>("inputs", PredictionScene.input(id, model, "the boat needs a 4")));
        }
    }

    private List<String> predictions() {
        return committed("predictions").stream()
                .map(record -> PredictionJson.read(record.value()))
                .map(prediction -> prediction.id() + " by " + prediction.model())
                .toList();
    }

    /** The ids of the inputs that were refused because nobody knows their model. */
    private List<String> unknown() {
        return committed("examples-rejected").stream()
                .filter(letter -> "model_unknown"
                        .equals(new String(
                                letter.headers().lastHeader(DeadLetter.REASON).value(), UTF_8)))
                .map(letter -> new String(letter.value(), UTF_8).replaceFirst(".*\"id\":\"([^\"]*)\".*", "$1"))
                .toList();
    }

    private List<ConsumerRecord<byte[], byte[]>> committed(String topic) {
        try (CommittedTopic read = new CommittedTopic(servers, topic, 1)) {
            List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
            read.read(records::add);
            return records;
        }
    }

    private boolean isAnswered(String address) {
        try {
            HttpResponse<String> answer = ask(address, "fraud");
            return answer.statusCode() == 200
                    && Optional.of(new ObjectMapper().readTree(answer.body()))
                            .filter(json -> json.findValue("label") != null)
                            .isPresent();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private int sent = 100;

    private boolean areRefused(String address) {
        try {
            produce("fraud", sent, ++sent);
            String metrics = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create(address + "/metrics"))
                                    .build(),
                            BodyHandlers.ofString())
                    .body();
            return Pattern.compile("model_unknown\"} [1-9]").matcher(metrics).find();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
