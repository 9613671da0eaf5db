package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.acl.AccessControlEntryFilter;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.ResourcePatternFilter;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Each role and each command works with exactly the rights that are listed for it, and fails without any one of them. */
@Timeout(180)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RightsTest {

    private static final int EXAMPLES = 40;
    /** By the trainer, for a mini-batch that cannot be learned, see {@code SetAsideTest}. */
    private static final String RARELY_USED = "WRITE on topic examples-rejected";

    private final HttpClient http = HttpClient.newHttpClient();
    private final List<GuardedKafka.Asked> audit = new ArrayList<>();

    @TempDir
    static Path folder;

    private RightsScene scene;

    @BeforeAll
    void guard() throws Exception {
        scene = new RightsScene(folder);
    }

    @AfterAll
    void close() {
        scene.close();
    }

    /** What {@code run} asks before it begins is not the work that rights are needed for, and is logged nowhere. */
    @Test
    @Order(1)
    void allOfItWorksWithThoseRightsAndUsesEachOfThem() throws Exception {
        Files.writeString(
                folder.resolve("tickets.jsonl"),
                IntStream.range(0, EXAMPLES)
                        .mapToObj(i -> "{\"id\": \"%d\", \"text\": \"the %s number %d\", \"label\": \"%s\"}%n"
                                .formatted(i, i % 2 == 0 ? "wave" : "spoon", i, i % 2 == 0 ? "sea" : "kitchen"))
                        .collect(Collectors.joining()));
        Files.writeString(folder.resolve("one.txt"), "1");
        try (Rooms ingest = scene.start(Role.INGEST);
                Rooms trainer = scene.start(Role.TRAINER, "trainer.head=bert");
                Rooms score = scene.start(Role.SCORE);
                Rooms predict = scene.start(Role.PREDICT);
                Rooms registry = scene.start(Role.REGISTRY)) {
            scene.run(KafkaUser.PRODUCER, 0, "produce tickets.jsonl");
            scene.send(KafkaUser.LABELLER, "examples", "this is no JSON");
            scene.send(KafkaUser.LABELLER, "inputs", "nor is this");
            scene.send(KafkaUser.ASKER, "inputs", "{\"id\": \"1\", \"text\": \"the wave\"}");
            PredictionScene.await(
                    "a version is served",
                    () -> score.subscription(RightsScene.MODEL)
                            .flatMap(one -> one.current())
                            .isPresent());
            scene.send(
                    KafkaUser.LABELLER,
                    "examples",
                    "{\"text\": \"the wave\", \"label\": \"sea\", \"model\": \"created?\"}");
            PredictionScene.await(
                    "the text is answered",
                    () -> !scene.offsets(KafkaUser.ASKER, "predictions").isEmpty());
            look(registry.address());
            askAndSteer();
            Stream.of(ingest, trainer, score, predict, registry)
                    .forEach(rooms -> assertThat(rooms.failure()).isEmpty());
            PredictionScene.await(
                    "ingest removes what it has processed",
                    () -> unused().noneMatch(right -> right.operation() == AclOperation.DELETE));
        }
        scene.run(KafkaUser.IMPORTER, 0, "registry import " + folder.resolve("pulled") + " --model imported");
        scene.run(KafkaUser.BACKFILLER, 0, "produce --from-topic --model imported --set models=default,imported");
        scene.run(KafkaUser.SWITCHER, 0, "registry cut-over imported --to default");

        assertThat(unused().map(NeededRight::toString)).containsExactly(RARELY_USED);
        assertThat(audit).filteredOn(asked -> !asked.allowed()).isEmpty();
    }

    private void look(URI registry) throws Exception {
        PredictionScene.await(
                "the console knows the model",
                () -> get(registry, "/models/default").statusCode() == 200);
        for (String path : List.of(
                "/api/v1/models/default/versions/champion",
                "/console/models/default/mistakes",
                "/dead-letters",
                "/api/v1/deployments")) {
            HttpResponse<String> answer = get(registry, path);
            assertThat(answer.statusCode()).as(path + ": " + answer.body()).isEqualTo(200);
        }
    }

    private HttpResponse<String> get(URI at, String path) {
        try {
            return http.send(HttpRequest.newBuilder(at.resolve(path)).build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void askAndSteer() {
        for (String command : List.of(
                "score spoon",
                "registry list",
                "registry show default",
                "registry lineage default",
                "registry history default",
                "registry deployments",
                "registry sweep --all --dry-run",
                "registry pull default champion --to pulled")) {
            scene.run(KafkaUser.VIEWER, 0, command);
        }
        scene.run(KafkaUser.OPERATOR, 0, "registry promote default latest --alias tried");
        scene.run(KafkaUser.STEERER, 0, "control default checkpoint");
        scene.run(KafkaUser.STEERER, 0, "registry unlearn default --ids one.txt --dry-run");
        assertThat(scene.run(KafkaUser.DOCTOR, 0, "doctor").out()).contains("topic training-examples  ");
    }

    /** The rights that their users have not used yet. */
    private Stream<NeededRight> unused() {
        // What the start asks about by a name of nothing is no use of a right.
        scene.kafka.drain().stream()
                .filter(asked -> !asked.name().endsWith(RightsCheck.PROBE))
                .forEach(audit::add);
        return Stream.of(KafkaUser.values())
                .flatMap(user -> NeededRights.of(user, scene.settings(user)).stream()
                        .filter(right -> audit.stream().noneMatch(asked -> asked.uses(user.toString(), right))));
    }

    @ParameterizedTest
    @EnumSource(Role.class)
    @Order(2)
    void noRoleBeginsWithoutAnyOneOfThem(Role role) throws Exception {
        KafkaUser user = KafkaUser.of(role).get(0);
        boolean first = true;
        for (NeededRight right : NeededRights.of(user, scene.settings(user))) {
            if (right.operation() == AclOperation.CREATE) {
                continue; // its topics are there by now; see below
            }
            scene.kafka.take(right, user.toString());
            // All that a start takes shows that it asks; what it asks is enough for the others.
            ThrowingCallable start = first
                    ? () -> scene.start(role).close()
                    : () -> new KafkaReadiness(scene.settings(user), folder).require(Set.of(role));
            assertThatThrownBy(start, "%s without %s", role, right)
                    .isInstanceOf(CommandException.class)
                    .hasMessageContaining("too few rights for " + user)
                    .hasMessageContaining("Missing: " + right + ", needed to " + right.why());
            scene.kafka.give(List.of(right), user.toString());
            first = false;
        }
    }

    @Test
    @Order(2)
    void ingestCannotMakeItsOwnTopicsWithoutTheRightToCreate() throws Exception {
        String application = "ingest.application-id=fresh";
        List<NeededRight> rights = NeededRights.of(KafkaUser.INGEST, scene.settings(KafkaUser.INGEST, application));
        NeededRight create = rights.stream()
                .filter(right -> right.operation() == AclOperation.CREATE)
                .findFirst()
                .orElseThrow();
        scene.kafka.give(rights, "ingest");
        scene.kafka.take(create, "ingest");

        assertThatThrownBy(() -> scene.start(Role.INGEST, application).close())
                .isInstanceOf(CommandException.class)
                .hasMessageContaining("Missing: " + create);
    }

    private static Stream<Arguments> commands() {
        return Stream.of(
                Arguments.of(KafkaUser.PRODUCER, List.of("produce tickets.jsonl")),
                Arguments.of(
                        KafkaUser.VIEWER, List.of("registry list", "registry history default", "registry deployments")),
                Arguments.of(KafkaUser.OPERATOR, List.of("registry promote default latest --alias tried")),
                Arguments.of(
                        KafkaUser.STEERER,
                        List.of("control default checkpoint", "registry unlearn default --ids one.txt --dry-run")),
                Arguments.of(KafkaUser.IMPORTER, List.of("registry import pulled --model again")),
                Arguments.of(
                        KafkaUser.BACKFILLER,
                        List.of("produce --from-topic --model imported --set models=default,imported")),
                Arguments.of(
                        KafkaUser.SWITCHER,
                        List.of("registry cut-over imported --back", "registry cut-over imported --to default")));
    }

    @ParameterizedTest
    @MethodSource("commands")
    @Order(2)
    void noCommandWorksWithoutAnyOneOfThem(KafkaUser user, List<String> commands) throws Exception {
        for (NeededRight right : NeededRights.of(user, scene.settings(user))) {
            scene.kafka.take(right, user.toString());
            assertThat(commands)
                    .as("%s without %s", user, right)
                    .anySatisfy(
                            command -> assertThat(scene.run(user, 2, command).err())
                                    .contains(right.on().name())
                                    .doesNotContain("unexpected"));
            scene.kafka.give(List.of(right), user.toString());
        }
    }

    @Test
    @Order(2)
    void nobodySendsOrReadsWithoutTheRight() throws Exception {
        for (KafkaUser user : List.of(KafkaUser.LABELLER, KafkaUser.ASKER)) {
            for (NeededRight right : NeededRights.of(user, scene.settings(user))) {
                String topic = right.on().name();
                scene.kafka.take(right, user.toString());
                assertThatThrownBy(() -> {
                            if (right.operation() == AclOperation.READ) {
                                scene.offsets(user, topic);
                            } else {
                                scene.send(user, topic, "{}");
                            }
                        })
                        .as("%s without %s", user, right)
                        .isInstanceOf(KafkaException.class)
                        .hasStackTraceContaining("Not authorized to access topics: [" + topic + "]");
                scene.kafka.give(List.of(right), user.toString());
            }
        }
    }

    @Test
    @Order(2)
    void theDoctorSaysWhatItMayNotSee() throws Exception {
        for (NeededRight right : NeededRights.of(KafkaUser.DOCTOR, scene.settings(KafkaUser.DOCTOR))
                .subList(0, 2)) {
            scene.kafka.take(right, "doctor");
            // Who may see the settings of a topic may see the topic only where DESCRIBE is there as well.
            assertThat(scene.run(KafkaUser.DOCTOR, 0, "doctor").out())
                    .containsPattern("warning +topic " + right.on().name() + " +this user may not look at it");
            scene.kafka.give(List.of(right), "doctor");
        }
    }

    /** Rights may be taken away at any time: then the client's own refusal ends the room. */
    @ParameterizedTest
    @EnumSource(
            value = Role.class,
            names = {"INGEST", "TRAINER", "PREDICT"})
    @Order(3)
    void aRoleThatLosesARightStopsAndSaysWhich(Role role) throws Exception {
        KafkaUser user = KafkaUser.of(role).get(0);
        NeededRight right = NeededRights.of(user, scene.settings(user)).stream()
                .filter(needed -> needed.operation() == AclOperation.READ && !needed.isForPrefix())
                .filter(needed -> role != Role.PREDICT || needed.on().name().equals("inputs"))
                .findFirst()
                .orElseThrow();
        try (Rooms rooms = scene.start(role)) {
            scene.kafka.take(right, user.toString());
            PredictionScene.await(role + " stops", () -> rooms.failure().isPresent());
            assertThat(rooms.failure().orElseThrow())
                    .hasStackTraceContaining(
                            "Not authorized to access topics: [" + right.on().name() + "]");
        }
    }

    @Test
    void theListsAreThoseOfThePage() throws IOException {
        Shell shell = new Shell(folder);

        assertThat(shell.run("acls", "--markdown")).isZero();
        assertThat(Files.readString(Path.of("..", "docs", "security.md")))
                .as("stale: put what ./millrace acls --markdown prints between the marks of docs/security.md")
                .contains(shell.out());
    }

    @Test
    @Order(4)
    void theyAreGivenByTheCommandOrByThoseOfKafka() throws Exception {
        Shell shell = new Shell(folder);

        assertThat(shell.run("acls", "--for", "predict", "--principal", "User:new", "--bootstrap-servers", "k:9092"))
                .isZero();
        assertThat(shell.out().lines())
                .hasSize(7)
                .allMatch(line ->
                        line.startsWith("kafka-acls.sh --bootstrap-server k:9092 --add --allow-principal 'User:new'"))
                .anyMatch(line -> line.endsWith(
                        "--operation Write --transactional-id 'millrace-score-' --resource-pattern-type prefixed"));

        scene.run(KafkaUser.VIEWER, 2, "acls --for predict --principal User:viewer --apply");
        Shell plain = new Shell(folder);
        assertThat(plain.run(
                        "acls",
                        "--for",
                        "predict",
                        "--principal",
                        "User:new",
                        "--apply",
                        "--bootstrap-servers",
                        scene.kafka.plainServers()))
                .as(plain::err)
                .isZero();
        Settings settings = scene.settings(KafkaUser.PREDICT);
        assertThat(ClusterCheckup.answer(scene.kafka
                        .admin()
                        .describeAcls(new AclBindingFilter(
                                ResourcePatternFilter.ANY,
                                new AccessControlEntryFilter(
                                        "User:new", null, AclOperation.ANY, AclPermissionType.ANY)))
                        .values()))
                .containsExactlyInAnyOrderElementsOf(NeededRights.of(KafkaUser.PREDICT, settings).stream()
                        .map(right -> right.givenTo("User:new"))
                        .toList());
    }
}
