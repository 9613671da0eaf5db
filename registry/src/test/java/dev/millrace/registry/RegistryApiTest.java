package dev.millrace.registry;

import static dev.millrace.registry.Cluster.PATIENCE;
import static dev.millrace.registry.Cluster.consumed;
import static dev.millrace.registry.Examples.version;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.registry.Deployment.State;
import dev.millrace.registry.Governance.Asked;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class RegistryApiTest {

    private static final String ANN = "\"by\": \"ann\", \"reason\": \"complaints\"";

    private static Cluster cluster;

    private String topic = "";
    private VersionPublisher trainer;
    private ApiServer server;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        cluster = Cluster.start(folder);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @BeforeEach
    void publishThree(TestInfo test) throws Exception {
        topic = cluster.createRegistry(test.getTestMethod().orElseThrow().getName());
        trainer = cluster.publisher(topic);
        for (long number = 1; number <= 3; number++) {
            Alias champion = new Alias(
                    "m", Alias.CHAMPION, number, number == 1 ? null : number - 1, Examples.TIME, "trainer", "newest");
            Verdict verdict = new Verdict(
                    "m",
                    number,
                    null,
                    List.of(new Verdict.Finding("accuracy", true, Map.of("share", 0.5), "as good")),
                    Examples.TIME,
                    "trainer");
            trainer.publish(
                    version("m", number), List.of(champion, verdict), consumed(number), cluster.alone("trainer"));
        }
        server = ApiServer.start(cluster.client(), topic, Access.thisMachine());
    }

    @AfterEach
    void close() {
        server.close();
        trainer.close();
    }

    private HttpResponse<String> post(String path, String body, String... more) throws Exception {
        List<String> headers = new ArrayList<>(List.of("Content-Type", "application/json"));
        headers.addAll(List.of(more));
        return server.send("POST", path, body, headers.toArray(String[]::new));
    }

    private String tag(String path) throws Exception {
        return server.send("GET", path, "").headers().firstValue("ETag").orElseThrow();
    }

    @Test
    void theDescriptionHasEachRouteAndNoOther() {
        Set<String> routes = server.api().routes().stream()
                .map(route -> route.method() + " " + route.path())
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(new TreeSet<>(server.description().operations())).isEqualTo(routes);
    }

    @Test
    void readsWhatTheTopicSays() throws Exception {
        assertThat(server.get("/models").at("/models/0").toString())
                .isEqualTo("{\"model\":\"m\",\"versions\":3,\"latest\":3,\"aliases\":{\"champion\":3}}");
        assertThat(server.get("/models/m").get("versions").asInt()).isEqualTo(3);
        assertThat(server.get("/models/m/aliases/champion").toString())
                .isEqualTo("{\"model\":\"m\",\"alias\":\"champion\",\"version\":3,\"pinned\":false,\"pointsAt\":3,"
                        + "\"previous\":2,\"time\":\"2026-11-24T10:00:00Z\",\"by\":\"trainer\",\"reason\":\"newest\"}");
        assertThat(server.get("/models/m/aliases").get("aliases")).hasSize(1);
        JsonNode version = server.get("/models/m/versions/champion");
        assertThat(version.get("version").asLong()).isEqualTo(3);
        assertThat(version.at("/verdict/findings/0/figures/share").asDouble()).isEqualTo(0.5);
        assertThat(version.at("/aliases/0").asText()).isEqualTo("champion");
        assertThat(server.get("/models/m/versions/latest")).isEqualTo(version);
        assertThat(server.get("/models/m/versions/2/verdict").get("passed").asBoolean())
                .isTrue();
        assertThat(server.get("/models/m/versions/3/lineage").get("chain")).hasSize(3);
        JsonNode diff = server.get("/models/m/diff?from=1&to=champion");
        assertThat(diff.at("/metrics/loss/from").asDouble()).isEqualTo(1.0);
        assertThat(diff.at("/metrics/examples/to").asDouble()).isEqualTo(300);
        assertThat(server.get("/openapi.json").get("openapi").asText()).startsWith("3.1");
        assertThat(server.send("HEAD", "/models/m", "").headers().firstValue("ETag"))
                .hasValue(tag("/models/m"));
    }

    @Test
    void tellsWhoServesWhat() throws Exception {
        assertThat(server.get("/deployments").get("deployments")).isEmpty();
        cluster.create(DeploymentTopic.of(topic + "-deployments", (short) 1));
        Instant since = Examples.TIME.plusSeconds(3600);
        ReportSink<Deployment> sink = ReportSink.into(
                cluster.client(), topic + "-deployments", Deployment::key, DeploymentJson::write, System::nanoTime);
        for (Deployment report : List.of(
                new Deployment("m", "champion", "web-1", State.SERVING, 0.9, 3L, since, 3L, ApiServer.NOW, null),
                new Deployment("m", "champion", "web-2", State.FAILING, 1, 2L, since, 3L, ApiServer.NOW, "it is gone"),
                new Deployment("n", "champion", "web-3", State.LOADING, 1, null, null, null, ApiServer.NOW, null))) {
            sink.send(report, () -> {});
        }
        sink.close();

        JsonNode all = awaitDeployments(3);
        assertThat(all.get(0).toString())
                .isEqualTo("{\"model\":\"m\",\"alias\":\"champion\",\"instance\":\"web-1\",\"state\":\"serving\","
                        + "\"share\":0.9,\"version\":3,\"since\":\"2026-11-24T11:00:00Z\",\"wanted\":3,"
                        + "\"time\":\"2026-11-25T08:00:00Z\"}");
        assertThat(all.get(1).get("staleSince").asText()).isEqualTo(Examples.TIME.toString());
        assertThat(all.get(1).get("reason").asText()).isEqualTo("it is gone");
        assertThat(server.get("/models/m/deployments").get("deployments")).hasSize(2);
    }

    private JsonNode awaitDeployments(int count) throws Exception {
        long end = System.nanoTime() + PATIENCE.toNanos();
        JsonNode all = server.get("/deployments").get("deployments");
        while (all.size() < count) {
            assertThat(System.nanoTime()).as("they are heard of in time").isLessThan(end);
            all = server.get("/deployments").get("deployments");
        }
        return all;
    }

    @Test
    void pagesLeadThroughEverythingOnce() throws Exception {
        assertThat(walk("/models/m/versions?limit=2", "versions", "version")).containsExactly(3L, 2L, 1L);
        List<Long> offsets = walk("/models/m/history?limit=2", "events", "offset");
        assertThat(offsets).hasSize(9).doesNotHaveDuplicates().isSortedAccordingTo((a, b) -> Long.compare(b, a));
        assertThat(walk("/history?limit=4", "events", "offset")).isEqualTo(offsets);
        assertThat(walk("/models/m/versions/3/lineage?limit=1", "chain", "version"))
                .containsExactly(3L, 2L, 1L);
        assertThat(walk("/models/m/versions?limit=3", "versions", "version"))
                .as("no empty page")
                .hasSize(3);
    }

    private List<Long> walk(String path, String list, String number) throws Exception {
        List<Long> seen = new ArrayList<>();
        String next = path;
        while (!next.isEmpty()) {
            HttpResponse<String> page = server.send("GET", next, "");
            assertThat(page.statusCode()).isEqualTo(200);
            JsonNode entries = ApiServer.json(page).get(list);
            assertThat(entries).isNotEmpty();
            entries.forEach(entry -> seen.add(entry.get(number).asLong()));
            Matcher link = Pattern.compile("<" + RegistryApi.ROOT + "(.*)>; rel=\"next\"")
                    .matcher(page.headers().firstValue("Link").orElse(""));
            next = link.matches() ? link.group(1) : "";
        }
        return seen;
    }

    @Test
    void whatIsKnownIsNotSentAgain() throws Exception {
        for (String path : List.of("/models", "/models/m/versions", "/models/m/aliases/champion", "/openapi.json")) {
            String tag = tag(path);
            HttpResponse<String> again = server.send("GET", path, "", "If-None-Match", "\"other\", " + tag);
            assertThat(again.statusCode()).as(path).isEqualTo(304);
            assertThat(again.headers().firstValue("ETag")).hasValue(tag);
        }
        String before = tag("/models/m/aliases/champion");
        server.post("/models/m/pin", "{" + ANN + "}");
        assertThat(server.send("GET", "/models/m/aliases/champion", "", "If-None-Match", before)
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void everyVerbDoesWhatGovernanceDoes() throws Exception {
        JsonNode told = server.post("/models/m/rollback", "{" + ANN + "}").at("/events/0");
        assertThat(told.get("action").asText()).isEqualTo("rolled-back");
        assertThat(told.get("version").asLong()).isEqualTo(2);
        assertThat(server.get("/history?limit=1").at("/events/0")).isEqualTo(told);
        assertThat(server.get("/models/m/aliases/champion").toString())
                .contains("\"version\":2,\"pinned\":true,\"pointsAt\":3,\"previous\":3")
                .contains("\"by\":\"ann\",\"reason\":\"complaints\"");

        server.post("/models/m/unpin", "{" + ANN + "}");
        server.post("/models/m/pin", "{\"version\": 1, \"alias\": \"audited\", " + ANN + "}");
        assertThat(server.get("/models/m").get("aliases").toString()).isEqualTo("{\"audited\":1,\"champion\":3}");
        server.post("/models/m/promote", "{\"version\": \"champion\", \"alias\": \"audited\", " + ANN + "}");
        assertThat(server.get("/models/m/aliases/audited").get("pinned").asBoolean())
                .isFalse();
        server.post("/models/m/remove-alias", "{\"alias\": \"audited\", " + ANN + "}");
        server.post("/models/m/retire", "{\"version\": 1, " + ANN + "}");
        assertThat(server.get("/models/m/versions/1").at("/retirement/by").asText())
                .isEqualTo("ann");

        ModelRegistry registry = cluster.read(topic);
        assertThat(registry.aliases("m")).hasSize(1);
        assertThat(registry.retirement("m", 1)).contains(new Retirement("m", 1, ApiServer.NOW, "ann", "complaints"));
        assertThat(AuditLog.read(cluster.client(), topic, PATIENCE)).hasSize(9 + 2 + 1 + 2 + 2 + 1);
    }

    @Test
    void aReadAfterAWriteSeesIt() throws Exception {
        for (long number = 1; number <= 12; number++) {
            long to = 1 + number % 3;
            server.post("/models/m/promote", "{\"version\": " + to + ", " + ANN + "}");
            assertThat(server.get("/models/m/aliases/champion").get("version").asLong())
                    .isEqualTo(to);
        }
    }

    @Test
    void aChangeOfWhatSomebodyElseHasMovedIsRefused() throws Exception {
        String tag = tag("/models/m/aliases/champion");
        try (Governance other = Governance.open(cluster.client(), topic, Clock.systemUTC())) {
            other.promote("m", "1", Alias.CHAMPION, new Asked("bob", "I was faster"));
        }
        HttpResponse<String> late = post("/models/m/promote", "{\"version\": 2, " + ANN + "}", "If-Match", tag);
        assertThat(late.statusCode()).isEqualTo(412);
        assertThat(ApiServer.json(late).get("detail").asText()).contains("\"version\":1", "I was faster");
        assertThat(cluster.read(topic).target("m", Alias.CHAMPION)).hasValue(1);

        assertThat(post("/models/m/promote", "{\"version\": 2, " + ANN + "}", "If-None-Match", "*")
                        .statusCode())
                .isEqualTo(412);
        assertThat(post(
                                "/models/m/promote",
                                "{\"version\": 2, " + ANN + "}",
                                "If-Match",
                                tag("/models/m/aliases/champion"))
                        .statusCode())
                .isEqualTo(200);
        assertThat(post(
                                "/models/m/promote",
                                "{\"version\": 2, \"alias\": \"canary\", " + ANN + "}",
                                "If-None-Match",
                                "*")
                        .statusCode())
                .isEqualTo(200);
    }

    private void refuse(int status, String detail, HttpResponse<String> answer) throws Exception {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue(Problem.MEDIA_TYPE);
        JsonNode problem = ApiServer.json(answer);
        assertThat(problem.get("status").asInt()).isEqualTo(status);
        assertThat(problem.get("detail").asText()).contains(detail);
    }

    @Test
    void whatCannotBeDoneIsAProblem() throws Exception {
        refuse(404, "there is no model n", server.send("GET", "/models/n", ""));
        refuse(404, "no version 9", server.send("GET", "/models/m/versions/9", ""));
        refuse(404, "no alias x", server.send("GET", "/models/m/aliases/x", ""));
        refuse(404, "there is no GET /api/v1/nothing", server.send("GET", "/nothing", ""));
        refuse(400, "must match", server.send("GET", "/models/%252e%252e", ""));
        refuse(400, "refused", server.send("GET", "/models/m%00", ""));
        refuse(400, "must match", server.send("GET", "/models/m%0a", ""));
        refuse(400, "'limit'", server.send("GET", "/models/m/versions?limit=1000", ""));
        refuse(400, "whole number", server.send("GET", "/history?before=-1", ""));
        refuse(400, "'from'", server.send("GET", "/models/m/diff?to=1", ""));
        HttpResponse<String> method = server.send("DELETE", "/models/m", "");
        refuse(405, "not allowed", method);
        assertThat(method.headers().firstValue("Allow").orElseThrow()).contains("GET");

        refuse(409, "is no earlier than version 3", post("/models/m/rollback", "{\"version\": 3, " + ANN + "}"));
        refuse(404, "no model n", post("/models/n/pin", "{" + ANN + "}"));
        refuse(400, "must be JSON", post("/models/m/pin", "{" + ANN));
        refuse(400, "Duplicate field", post("/models/m/pin", "{" + ANN + ", \"by\": \"bob\"}"));
        refuse(
                415,
                "application/json",
                server.send("POST", "/models/m/pin", "{" + ANN + "}", "Content-Type", "text/plain"));
        refuse(415, "application/json", server.send("POST", "/models/m/pin", "{" + ANN + "}"));
        refuse(413, "at most", post("/models/m/pin", "{\"reason\": \"" + "x".repeat(17_000) + "\"}"));
        refuse(422, "no field \"force\"", post("/models/m/pin", "{\"force\": true, " + ANN + "}"));
        refuse(422, "JSON object", post("/models/m/pin", "[]"));
        refuse(422, "\"by\"", post("/models/m/pin", "{\"by\": \" \", \"reason\": \"x\"}"));
        refuse(422, "\"reason\"", post("/models/m/pin", "{\"by\": \"ann\", \"reason\": \"a\\nb\"}"));
        refuse(422, "\"version\"", post("/models/m/promote", "{" + ANN + "}"));
        refuse(422, "\"version\"", post("/models/m/promote", "{\"version\": [1], " + ANN + "}"));
        refuse(422, "number of a version", post("/models/m/retire", "{\"version\": \"champion\", " + ANN + "}"));
        refuse(422, "alias must not be", post("/models/m/promote", "{\"version\": 1, \"alias\": \"7\", " + ANN + "}"));
        assertThat(AuditLog.read(cluster.client(), topic, PATIENCE))
                .as("nothing was changed")
                .hasSize(9);
    }

    @Test
    void pagesOfOtherSitesAreShutOut() throws Exception {
        String pin = "{" + ANN + "}";
        refuse(403, "may not change", post("/models/m/pin", pin, "Origin", "https://evil.example"));
        refuse(403, "may not change", post("/models/m/pin", pin, "Origin", "null"));
        assertThat(post("/models/m/pin", pin, "Origin", "http://127.0.0.1:" + server.port())
                        .statusCode())
                .isEqualTo(200);
        // A name of the attacker's that resolves to this machine is the same origin to a browser, but not to us.
        assertThat(raw("GET /api/v1/models HTTP/1.1\r\nHost: evil.example:" + server.port()
                        + "\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 403");
        assertThat(raw("GET /api/v1/models HTTP/1.1\r\nHost: localhost:" + server.port()
                        + "\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 200")
                .contains("X-Content-Type-Options: nosniff", "Cache-Control: no-cache");
        assertThat(raw("GET /api/v1/models/..%2f..%2fetc HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 400");
    }

    private String raw(String request) throws Exception {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void aTokenIsAskedForWhereThereIsOne() throws Exception {
        server.close();
        server = ApiServer.start(
                cluster.client(),
                topic,
                Access.of(Map.of(HttpRole.OPERATOR, "s3cret"), Access.Open.LOOKING_ON_THIS_MACHINE));
        String pin = "{" + ANN + "}";

        HttpResponse<String> without = post("/models/m/pin", pin);
        refuse(401, "http.token-file", without);
        assertThat(without.headers().firstValue("WWW-Authenticate").orElseThrow())
                .startsWith("Bearer");
        refuse(401, "not the token", post("/models/m/pin", pin, "Authorization", "Bearer s3cre"));
        refuse(401, "http.token-file", post("/models/m/pin", pin, "Authorization", "Basic s3cret"));
        refuse(403, "may not", post("/models/m/pin", pin, "Authorization", "Bearer s3cret", "Origin", "http://a.b"));
        assertThat(post("/models/m/pin", pin, "Authorization", "Bearer s3cret").statusCode())
                .isEqualTo(200);
        assertThat(server.get("/models").get("models")).hasSize(1);

        server.close();
        server = ApiServer.start(cluster.client(), topic, Access.of(Map.of(), Access.Open.LOOKING_ON_THE_NETWORK));
        refuse(403, "nobody may change", post("/models/m/pin", pin));
        assertThat(server.get("/models").get("models")).hasSize(1);
    }

    @Test
    void withoutATokenNothingIsReadWhereOneIsNeededAndAViewerChangesNothing() throws Exception {
        server.close();
        server = ApiServer.start(
                cluster.client(),
                topic,
                Access.of(Map.of(HttpRole.OPERATOR, "s3cret", HttpRole.VIEWER, "seen"), Access.Open.NOTHING));
        String pin = "{" + ANN + "}";

        for (String path : List.of("/models", "/models/m/versions/1", "/history", "/events", "/openapi.json")) {
            refuse(401, "http.viewer-token-file", server.send("GET", path, ""));
            refuse(401, "not the token", server.send("GET", path, "", "Authorization", "Bearer see"));
        }
        assertThat(server.send("GET", "/models", "", "Authorization", "bearer  seen")
                        .statusCode())
                .isEqualTo(200);
        refuse(403, "a viewer may look", post("/models/m/pin", pin, "Authorization", "Bearer seen"));
        assertThat(post("/models/m/pin", pin, "Authorization", "Bearer s3cret").statusCode())
                .isEqualTo(200);
    }
}
