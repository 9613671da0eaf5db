package dev.millrace.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class JobsApiTest {

    private static final String ANN = "\"by\": \"ann\", \"reason\": \"new team\"";
    private static final String OPERATOR = "Bearer s3cret";
    private static final String VIEWER = "Bearer seen";

    private static Cluster cluster;

    private String topic = "";
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
    void serve(TestInfo test) throws Exception {
        topic = cluster.createRegistry(test.getTestMethod().orElseThrow().getName());
        server = ApiServer.start(
                cluster.client(),
                topic,
                Access.of(Map.of(HttpRole.OPERATOR, "s3cret", HttpRole.VIEWER, "seen"), Access.Open.NOTHING));
    }

    @AfterEach
    void close() {
        server.close();
    }

    private HttpResponse<String> post(String token, String path, String body, String... more) throws Exception {
        List<String> headers = new ArrayList<>(List.of("Content-Type", "application/json", "Authorization", token));
        headers.addAll(List.of(more));
        return server.send("POST", path, body, headers.toArray(String[]::new));
    }

    private JsonNode jobs() throws Exception {
        return ApiServer.json(server.send("GET", "/jobs", "", "Authorization", VIEWER))
                .get("jobs");
    }

    private static void refuse(int status, String detail, HttpResponse<String> answer) throws Exception {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(ApiServer.json(answer).get("detail").asText()).contains(detail);
    }

    @Test
    void aJobIsCreatedListedAndRemoved() throws Exception {
        assertThat(jobs()).isEmpty();

        HttpResponse<String> created =
                post(OPERATOR, "/jobs/fraud/create", "{\"settings\": {\"batch-size\": 8}, " + ANN + "}");
        assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
        JsonNode told = ApiServer.json(created).at("/events/0");
        assertThat(told.get("action").asText()).isEqualTo("job-created");
        try (JobCatalog catalog = JobCatalog.open(cluster.client(), topic, System::nanoTime)) {
            assertThat(catalog.find("fraud"))
                    .contains(new JobRecord(
                            "fraud", "tiny", Map.of("batch-size", "8"), ApiServer.NOW, "ann", "new team"));
        }
        assertThat(jobs().toString())
                .isEqualTo("[{\"model\":\"fraud\",\"base\":\"tiny\",\"settings\":{\"batch-size\":\"8\"},"
                        + "\"time\":\"2026-11-25T08:00:00Z\",\"by\":\"ann\",\"reason\":\"new team\"}]");
        assertThat(post(OPERATOR, "/jobs/parcels/create", "{\"base\": \"other\", " + ANN + "}")
                        .statusCode())
                .isEqualTo(201);
        assertThat(jobs().findValuesAsText("base")).containsExactly("tiny", "other");

        HttpResponse<String> removed = post(OPERATOR, "/jobs/fraud/remove", "{" + ANN + "}");
        assertThat(removed.statusCode()).as(removed.body()).isEqualTo(200);
        assertThat(ApiServer.json(removed).at("/events/0/action").asText()).isEqualTo("job-removed");
        assertThat(jobs().findValuesAsText("model")).containsExactly("parcels");
        assertThat(ApiServer.json(server.send("GET", "/history", "", "Authorization", VIEWER))
                        .findValuesAsText("by"))
                .containsExactly("ann", "ann", "ann");
    }

    @Test
    void whoeverMayOnlyLookChangesNothing() throws Exception {
        refuse(401, "http.viewer-token-file", server.send("GET", "/jobs", ""));
        for (String verb : List.of("create", "remove")) {
            String path = "/jobs/fraud/" + verb;
            refuse(403, "a viewer may look", post(VIEWER, path, "{" + ANN + "}"));
            refuse(403, "may not change", post(OPERATOR, path, "{" + ANN + "}", "Origin", "https://evil.example"));
            refuse(
                    415,
                    "application/json",
                    server.send(
                            "POST", path, "{" + ANN + "}", "Content-Type", "text/plain", "Authorization", OPERATOR));
        }
        assertThat(jobs()).isEmpty();
    }

    @Test
    void whatCannotBeCreatedOrRemovedIsAProblem() throws Exception {
        String create = "/jobs/fraud/create";
        refuse(
                422,
                "no such setting as [batch-sise]",
                post(OPERATOR, create, "{\"settings\": {\"batch-sise\": 4}, " + ANN + "}"));
        refuse(
                422,
                "must be a text, a number",
                post(OPERATOR, create, "{\"settings\": {\"batch-size\": [4]}, " + ANN + "}"));
        refuse(422, "a JSON object of names", post(OPERATOR, create, "{\"settings\": \"batch-size=4\", " + ANN + "}"));
        refuse(422, "\"base\"", post(OPERATOR, create, "{\"base\": 7, " + ANN + "}"));
        refuse(422, "no field \"version\"", post(OPERATOR, create, "{\"version\": 7, " + ANN + "}"));
        refuse(422, "\"reason\"", post(OPERATOR, create, "{\"by\": \"ann\"}"));
        refuse(413, "at most", post(OPERATOR, create, "{\"base\": \"" + "x".repeat(17_000) + "\"}"));
        refuse(400, "must match", post(OPERATOR, "/jobs/%21/create", "{" + ANN + "}"));
        refuse(409, "the settings name m", post(OPERATOR, "/jobs/m/create", "{" + ANN + "}"));
        refuse(409, "no job was created for fraud", post(OPERATOR, "/jobs/fraud/remove", "{" + ANN + "}"));
        assertThat(jobs()).isEmpty();

        assertThat(post(OPERATOR, create, "{" + ANN + "}").statusCode()).isEqualTo(201);
        refuse(409, "there is a job for fraud already, created by ann", post(OPERATOR, create, "{" + ANN + "}"));
        assertThat(jobs()).hasSize(1);
    }
}
