package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.monitoring.Health;
import dev.millrace.registry.Access;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Health over HTTP, as a supervisor asks for it. */
class HealthEndpointTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client = HttpClient.newHttpClient();
    private final Health health = new Health(Clock.fixed(Instant.parse("2026-11-28T12:00:00.123456Z"), ZoneOffset.UTC));
    private HttpServer server = start(Map.of());

    @AfterEach
    void stop() {
        server.close();
    }

    private HttpServer start(Map<String, Scorer> scorers) {
        return HttpServer.start(
                HttpHere.onPort(0),
                Access.thisMachine(),
                new HttpServer.Routes(
                        () -> "",
                        health::startup,
                        health::live,
                        health::ready,
                        new ScoreEndpoint(scorers, model -> Optional.empty(), 100),
                        Optional.empty(),
                        Optional.empty()),
                System::nanoTime);
    }

    private HttpResponse<String> get(String path) throws Exception {
        return client.send(HttpRequest.newBuilder(at(path)).build(), BodyHandlers.ofString());
    }

    private URI at(String path) {
        return server.address().resolve(path);
    }

    @Test
    void startUpLifeAndReadinessAreThreeQuestions() throws Exception {
        health.starting("it waits for Kafka");
        assertThat(get("/startupz").statusCode()).isEqualTo(503);
        assertThat(get("/readyz").statusCode()).isEqualTo(503);
        assertThat(get("/livez").statusCode()).isEqualTo(200);
        health.started();
        assertThat(get("/startupz").statusCode()).isEqualTo(200);
        assertThat(get("/readyz").statusCode()).isEqualTo(200);

        health.register("registry", () -> Optional.of("not read to the end"));
        HttpResponse<String> response = get("/readyz");

        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(response.headers().firstValue("Cache-Control")).hasValue("no-store");
        assertThat(JSON.readTree(response.body())).isEqualTo(JSON.readTree("""
                        {"status": "down", "checks": [{"name": "registry", "status": "down",
                         "since": "2026-11-28T12:00:00.123Z", "detail": "not read to the end"}]}
                        """));
        assertThat(get("/healthz").statusCode()).isEqualTo(200);
        assertThat(get("/startupz").statusCode()).isEqualTo(200);
    }

    @Test
    void degradedIsReadyAndSaysWhat() throws Exception {
        health.registerDegrading("versions", () -> Optional.of("version 3 waits"));

        HttpResponse<String> response = get("/readyz");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(JSON.readTree(response.body())).isEqualTo(JSON.readTree("""
                        {"status": "degraded", "checks": [{"name": "versions", "status": "degraded",
                         "since": "2026-11-28T12:00:00.123Z", "detail": "version 3 waits"}]}
                        """));
    }

    @Test
    void healthIsAnsweredWhileMoreRequestsWaitThanThereAreThreads() throws Exception {
        CountDownLatch waiting = new CountDownLatch(32);
        CountDownLatch finish = new CountDownLatch(1);
        server.close();
        server = start(Map.of("support", (texts, top) -> {
            waiting.countDown();
            try {
                finish.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return Optional.empty();
        }));
        List<CompletableFuture<HttpResponse<String>>> asked = new ArrayList<>();
        try {
            for (int i = 0; i < 100; i++) {
                asked.add(client.sendAsync(
                        HttpRequest.newBuilder(at("/v1/score"))
                                .POST(BodyPublishers.ofString("{\"text\": \"a\"}"))
                                .build(),
                        BodyHandlers.ofString()));
            }
            waiting.await();

            assertThat(get("/livez").statusCode()).isEqualTo(200);
            assertThat(asked).noneMatch(CompletableFuture::isDone);
        } finally {
            finish.countDown();
        }
        for (CompletableFuture<HttpResponse<String>> one : asked) {
            assertThat(one.get().statusCode()).isEqualTo(503);
        }
    }
}
