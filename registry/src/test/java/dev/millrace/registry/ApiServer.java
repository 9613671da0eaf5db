package dev.millrace.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.javalin.Javalin;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.server.ServerConnector;
import org.jspecify.annotations.Nullable;

/** A server with the API of one registry; each answer is held against the description. */
final class ApiServer implements AutoCloseable {

    static final Instant NOW = Instant.parse("2026-11-25T08:00:00Z");
    static final Duration IDLE = Duration.ofSeconds(2);

    private static final ObjectMapper JSON = new ObjectMapper();

    private final AtomicLong passed = new AtomicLong();
    private final LiveRegistry live;
    private final RegistryApi api;
    private final Javalin server;
    private final HttpClient client = HttpClient.newHttpClient();
    private final ApiDescription description;

    private ApiServer(Map<String, Object> kafka, String topic, Access access) throws Exception {
        description = new ApiDescription();
        live = LiveRegistry.follow(kafka, topic, topic + "-deployments", () -> System.nanoTime() + passed.get());
        api = RegistryApi.of(
                live,
                access,
                ApiServer::complete,
                Clock.fixed(NOW, ZoneOffset.UTC),
                new EventStream.Limits(2, Duration.ofMillis(500)));
        server = Javalin.create(config -> {
            config.startup.showJavalinBanner = false;
            config.http.prefer405over404 = true;
            api.addTo(config.routes);
            Problem.answerFor(config);
        });
        server.start("127.0.0.1", 0);
        for (var connector : server.jettyServer().server().getConnectors()) {
            ((ServerConnector) connector).setIdleTimeout(IDLE.toMillis());
        }
    }

    /** The settings name {@code m}, and a recipe has but one setting. */
    private static JobTerms complete(String model, @Nullable String base, Map<String, String> recipe) {
        if (model.equals("m")) {
            throw new GovernanceException("the settings name m");
        }
        if (!Set.of("batch-size").containsAll(recipe.keySet())) {
            throw new IllegalArgumentException("there is no such setting as " + recipe.keySet());
        }
        Map<String, String> whole = new TreeMap<>(Map.of("batch-size", "32"));
        whole.putAll(recipe);
        return new JobTerms(base == null ? "tiny" : base, whole);
    }

    static ApiServer start(Map<String, Object> kafka, String topic, Access access) throws Exception {
        ApiServer started = new ApiServer(kafka, topic, access);
        assertThat(started.live.awaitView(Duration.ofSeconds(30))).isTrue();
        return started;
    }

    ApiDescription description() {
        return description;
    }

    RegistryApi api() {
        return api;
    }

    int port() {
        return server.port();
    }

    /** Lets the server believe that time has passed. */
    void pass(Duration time) {
        passed.addAndGet(time.toNanos());
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port() + RegistryApi.ROOT + path);
    }

    JsonNode get(String path) throws Exception {
        HttpResponse<String> answer = send("GET", path, "");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    JsonNode post(String path, String body) throws Exception {
        HttpResponse<String> answer = send("POST", path, body, "Content-Type", "application/json");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    HttpResponse<String> send(String method, String path, String body, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(path))
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        HttpResponse<String> answer = client.send(request.build(), BodyHandlers.ofString());
        if (!method.equals("HEAD")) {
            description.require(
                    method,
                    RegistryApi.ROOT + path,
                    answer.statusCode(),
                    answer.headers().firstValue("Content-Type").orElse(""),
                    answer.body());
        }
        return answer;
    }

    static JsonNode json(HttpResponse<String> answer) throws IOException {
        return JSON.readTree(answer.body());
    }

    @Override
    public void close() {
        server.stop();
        live.close();
    }
}
