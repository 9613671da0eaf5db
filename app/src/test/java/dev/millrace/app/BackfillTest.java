package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.ingest.ExampleProducer;
import dev.millrace.ingest.IngestObserver;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.ingest.Pace;
import dev.millrace.registry.RegistryObserver;
import dev.millrace.registry.RegistryReader;
import dev.millrace.trainer.LedgerReader;
import dev.millrace.trainer.TrainingObserver;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A model is set up beside a live one, catches up with it, and takes its place, while somebody asks. */
@Timeout(180)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class BackfillTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Instant EARLIEST = Instant.parse("2026-10-01T00:00:00Z");

    private final HttpClient http = HttpClient.newHttpClient();

    @TempDir
    static Path folder;

    private EmbeddedBroker broker;
    private Rooms rooms;

    /** Before: one model, whose examples name no model; after: another beside it. */
    @BeforeAll
    void startBesideALiveOne() throws Exception {
        broker = EmbeddedBroker.start(folder.resolve("kafka"));
        write("support", "");
        rooms = start();
        Files.writeString(folder.resolve("before.jsonl"), examples(0, 64));
        succeed("produce before.jsonl");
        awaitLearned("support", 64);
        succeed("control support checkpoint");
        rooms.close();
        write("support, support-2", """
                jobs:
                  support-2:
                    ingest:
                      copy-of: support
                    trainer:
                      encoder-learning-rate: 0.001
                """);
        rooms = start();
    }

    @AfterAll
    void stop() {
        rooms.close();
        broker.close();
    }

    private void write(String models, String more) throws Exception {
        Files.writeString(folder.resolve("m.yaml"), """
                models: [%s]
                kafka:
                  bootstrap-servers: %s
                  partitions: 2
                http:
                  port: 0
                trainer:
                  base: tiny
                  batch-size: 8
                  threads: 1
                  idle-flush: 200ms
                  version-every-examples: 32
                """.formatted(models, broker.bootstrapServers()) + more);
    }

    private Settings settings() {
        return new SettingsLoader().file(folder.resolve("m.yaml")).load().settings();
    }

    private Rooms start() {
        return Rooms.start(
                settings(),
                EnumSet.of(Role.INGEST, Role.TRAINER, Role.SCORE, Role.REGISTRY),
                new Shell(folder).surroundings(),
                new Observers(IngestObserver.NONE, TrainingObserver.NONE, RegistryObserver.NONE));
    }

    private static String examples(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(i -> "{\"id\": \"%d\", \"text\": \"the %s number %d\", \"label\": \"%s\", \"time\": \"%s\"}%n"
                        .formatted(
                                i,
                                i % 2 == 0 ? "wave" : "spoon",
                                i,
                                i % 2 == 0 ? "sea" : "kitchen",
                                EARLIEST.plusSeconds(i)))
                .collect(Collectors.joining());
    }

    private String run(int exit, String command) {
        Shell shell = new Shell(folder);
        List<String> arguments = new ArrayList<>(List.of(command.split(" ")));
        arguments.addAll(List.of("-c", "m.yaml"));
        assertThat(shell.run(arguments.toArray(String[]::new)))
                .as(() -> command + ": " + shell.err() + shell.out())
                .isEqualTo(exit);
        return exit == 0 ? shell.out() : shell.err();
    }

    private String succeed(String command) {
        return run(0, command);
    }

    private List<LabelledExample> ledger(String model) {
        Settings settings = settings();
        try (LedgerReader ledger = LedgerReader.open(
                settings.kafka().clientProperties(), settings.topics().trainingExamples(), model)) {
            long end = ledger.end();
            List<LabelledExample> all = new ArrayList<>();
            while (ledger.position() < end) {
                ledger.poll().stream()
                        .map(LedgerReader.Entry::content)
                        .filter(LabelledExample.class::isInstance)
                        .map(LabelledExample.class::cast)
                        .forEach(all::add);
            }
            return all;
        }
    }

    private static Set<String> ids(List<LabelledExample> examples) {
        return examples.stream().map(LabelledExample::id).collect(Collectors.toSet());
    }

    private void awaitLearned(String model, long examples) {
        PredictionScene.await(
                model + " has learned " + examples,
                () -> RegistryReader.readSettled(settings().kafka().clientProperties(), "model-registry", PATIENCE)
                        .latest(model)
                        .filter(version -> version.examples() == examples)
                        .isPresent());
    }

    private JsonNode score(String more) throws Exception {
        HttpResponse<String> answer = http.send(
                HttpRequest.newBuilder(rooms.address().resolve("/v1/score"))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"text\": \"the wave\"" + more + "}"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return new ObjectMapper().readTree(answer.body());
    }

    private String get(String path) throws Exception {
        HttpResponse<String> answer = http.send(
                HttpRequest.newBuilder(rooms.address().resolve(path)).build(), HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.body();
    }

    @Test
    @Order(1)
    void whatHasLearnedNothingIsNotServed() {
        assertThat(run(2, "registry cut-over support --to support-2"))
                .contains(
                        "support-2 cannot be served in the place of support yet: support-2 has no version yet (--wait");
        assertThat(run(2, "registry cut-over support --to support-2 --force"))
                .contains("there is no model 'support-2'");
    }

    @Test
    @Order(2)
    void bringsWhatCameBeforeAndGetsWhatComesOnceEach() throws Exception {
        Files.writeString(folder.resolve("live.jsonl"), examples(64, 80));
        assertThat(succeed("produce live.jsonl")).startsWith("Sent 16 examples");
        PredictionScene.await("they are copied", () -> ledger("support-2").size() == 16);

        String told = succeed("produce --from-topic --from-time 1h --only-model support --model support-2");

        assertThat(told)
                .startsWith("Sent 80 examples to examples in ")
                .contains("Left out: control records (1), of other models (16).");
        awaitLearned("support-2", 80);
        awaitLearned("support", 80);
        assertThat(ledger("support-2"))
                .as("the label, the text, the time and all else but the model")
                .containsExactlyInAnyOrderElementsOf(ledger("support").stream()
                        .map(example -> example.forModel("support-2"))
                        .toList());
        assertThat(ledger("support-2").subList(16, 80))
                .as("the order of the ledger they come from")
                .containsExactlyElementsOf(ledger("support").subList(0, 64).stream()
                        .map(example -> example.forModel("support-2"))
                        .toList());
    }

    @Test
    @Order(3)
    void theSameAgainChangesNothing() throws Exception {
        assertThat(succeed("produce --from-topic --model support-2")).startsWith("Sent 80 examples");
        Files.writeString(folder.resolve("next.jsonl"), examples(80, 88));
        succeed("produce next.jsonl");
        PredictionScene.await(
                "what was sent later is there", () -> ids(ledger("support-2")).contains("87"));
        awaitLearned("support-2", 88);
        assertThat(ledger("support-2")).hasSize(88);
    }

    @Test
    @Order(4)
    void readsATopicOfExamplesBetweenTwoTimesAndTellsWhatItCannotRead() throws Exception {
        Settings settings = settings();
        try (Admin admin = Cluster.connect(settings.kafka())) {
            admin.createTopics(List.of(new NewTopic("theirs", 1, (short) 1)))
                    .all()
                    .get();
        }
        try (ExampleProducer producer = new ExampleProducer(
                broker.bootstrapServers(), "theirs", settings.kafka().client(), Pace.unlimited())) {
            Stream.of(
                            "1 {\"id\": \"early\", \"text\": \"t\", \"label\": \"sea\"}",
                            "2 {\"id\": \"in-time\", \"text\": \"the wave they sent\", \"label\": \"sea\"}",
                            "1 {\"id\": \"early\", \"text\": \"t\", \"label\": \"sea\"}",
                            "2 this is no JSON",
                            "2 {\"id\": \"taken\", \"model\": \"support-2\", \"text\": \"t\", \"label\": \"sea\"}",
                            "3 {\"id\": \"late\", \"text\": \"t\", \"label\": \"sea\"}")
                    .forEach(line -> producer.place(
                            null,
                            line.substring(2).getBytes(StandardCharsets.UTF_8),
                            List.of(),
                            Instant.parse("2026-11-0" + line.charAt(0) + "T12:00:00Z")
                                    .toEpochMilli()));
        }

        assertThat(succeed("produce --from-topic theirs --from-time 2026-11-02 --until-time 2026-11-03T00:00Z"
                        + " --model support-2"))
                .startsWith("Sent 1 examples")
                .contains(
                        "Left out: of support-2 itself (1), outside of the time (2).",
                        "Could not be read: not_json (1).");
        PredictionScene.await("it is there", () -> ids(ledger("support-2")).contains("in-time"));
        assertThat(ledger("support-2"))
                .filteredOn(example -> example.id().equals("in-time"))
                .singleElement()
                .satisfies(example -> assertThat(example.time()).isEqualTo(Instant.parse("2026-11-02T12:00:00Z")));
        assertThat(ids(ledger("support-2"))).doesNotContain("early", "late", "taken");
        awaitLearned("support-2", 89);
    }

    @Test
    @Order(5)
    void isNotServedWhileItIsBehind() throws Exception {
        succeed("control support-2 pause");
        Files.writeString(folder.resolve("behind.jsonl"), examples(88, 100));
        succeed("produce behind.jsonl");
        PredictionScene.await("they are copied", () -> ledger("support-2").size() == 101);

        assertThat(run(2, "registry cut-over support --to support-2"))
                .contains("the newest of support-2, has not learned 12 of its examples yet, and may lack 8");
        assertThat(score("").path("model").asText()).isEqualTo("support");

        succeed("control support-2 resume");
        assertThat(succeed("registry cut-over support --to support-2 --wait 30s --by ann --reason better"))
                .contains(
                        "Whoever follows an alias of support is served that of support-2 from now on.",
                        "The champion of support-2 is version ");
    }

    @Test
    @Order(6)
    void isServedInItsPlaceToWhoeverAsks() throws Exception {
        for (String named : List.of("", ", \"model\": \"support\"")) {
            PredictionScene.await("it answers" + named, () -> {
                try {
                    return score(named).path("model").asText().equals("support-2");
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            });
        }
        assertThat(succeed("registry show support champion"))
                .contains("served in its place", "support-2, since", "better");
        assertThat(succeed("registry history support")).contains("cut-over support-2");
        assertThat(succeed("registry lineage support-2")).contains("support-2 is served in the place of support since");
        PredictionScene.await(
                "subscribers say so", () -> succeed("registry deployments").contains("support-2/"));
        JsonNode model = new ObjectMapper().readTree(get("/api/v1/models/support"));
        assertThat(model.at("/successor/model").asText()).isEqualTo("support-2");
        assertThat(model.at("/successor/by").asText()).isEqualTo("ann");
        assertThat(get("/models/support")).contains("id=\"successor\"");
        assertThat(get("/models/support-2")).doesNotContain("id=\"successor\"");
        assertThat(run(2, "registry rollback support")).contains("nobody follows alias 'champion' of support");
        assertThat(run(2, "registry cut-over support-2 --to support")).contains("is served in the place of support");
    }

    @Test
    @Order(7)
    void andNoMoreWhenThatIsUndone() {
        assertThat(succeed("registry cut-over support --back --reason slow"))
                .contains("is served its own versions again; before, those of support-2.");
        PredictionScene.await("support answers", () -> {
            try {
                return score("").path("model").asText().equals("support");
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        assertThat(run(2, "registry cut-over support --back")).contains("no other model is served in the place of");
        assertThat(rooms.failure()).isEmpty();
    }

    @Test
    @Order(8)
    void whatMakesNoSenseIsOneLine() {
        for (List<String> wrong : List.of(
                List.of("produce --from-topic --model nobody", "there is no job nobody"),
                List.of("produce --from-topic --only-model support --model support", "are both support"),
                List.of("produce --from-topic nothing --model support-2", "there is no topic nothing"),
                List.of("produce --from-topic", "--model"),
                List.of("produce before.jsonl --from-time 1d --model support-2", "mutually exclusive"),
                List.of("produce --from-topic --from-time noon --model support-2", "must be a time"),
                List.of("produce --from-time 1d --until-time 2d --model support-2", "must be before"),
                List.of("registry cut-over support", "--to"),
                List.of("registry cut-over support --to support-2 --back", "mutually exclusive"))) {
            assertThat(run(2, wrong.get(0)))
                    .as(wrong.get(0))
                    .contains(wrong.get(1))
                    .satisfies(text -> assertThat(text.lines()).hasSize(1));
        }
    }
}
