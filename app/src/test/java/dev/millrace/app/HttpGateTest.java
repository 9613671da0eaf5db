package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.monitoring.Health;
import dev.millrace.registry.Access;
import dev.millrace.registry.Access.Open;
import dev.millrace.registry.HttpRole;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets in, as clients of HTTP see it. */
class HttpGateTest {

    private static final String OPERATOR = "operator-0123456789";
    private static final String VIEWER = "viewer-0123456789";
    private static final Access GUARDED =
            Access.of(Map.of(HttpRole.OPERATOR, OPERATOR, HttpRole.VIEWER, VIEWER), Open.NOTHING);

    private final HttpClient client = HttpClient.newHttpClient();
    private final Health health = new Health(Clock.fixed(Instant.EPOCH, ZoneOffset.UTC));
    private final AtomicLong nanos = new AtomicLong();
    private HttpServer server = start(HttpHere.onPort(0), GUARDED);

    @AfterEach
    void stop() {
        server.close();
    }

    private HttpServer start(HttpSettings http, Access access) {
        return HttpServer.start(
                http,
                access,
                new HttpServer.Routes(
                        () -> "metrics\n",
                        health::startup,
                        health::live,
                        health::ready,
                        new ScoreEndpoint(
                                Map.of("support", (texts, top) -> Optional.empty()), model -> Optional.empty(), 100),
                        Optional.empty(),
                        Optional.empty()),
                nanos::get);
    }

    private void restart(HttpSettings http, Access access) {
        server.close();
        server = start(http, access);
    }

    private HttpResponse<String> send(String method, String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(server.address().resolve(path))
                .method(
                        method,
                        method.equals("POST") ? BodyPublishers.ofString("{\"text\": 1}") : BodyPublishers.noBody());
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> as(String token, String method, String path) throws Exception {
        return send(method, path, "Authorization", "Bearer " + token);
    }

    /** What a client with a will of its own gets, headers and all. */
    private String raw(String request) throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    private static void assertProblem(HttpResponse<String> answer, int status, String why) throws Exception {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        assertThat(new ObjectMapper().readTree(answer.body()).path("detail").asText())
                .contains(why);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /metrics",
                "HEAD /metrics",
                "POST /v1/score",
                "GET /nothing",
                "DELETE /nothing",
                "GET /v1/score"
            })
    void withoutATokenNothingIsTold(String request) throws Exception {
        String[] words = request.split(" ", 2);
        for (String[] headers : List.of(
                new String[] {},
                new String[] {"Authorization", "Bearer " + VIEWER.substring(1)},
                new String[] {"Authorization", "Bearer "},
                new String[] {"Authorization", "Basic " + VIEWER},
                new String[] {"Cookie", "millrace=" + VIEWER})) {
            HttpResponse<String> answer = send(words[0], words[1], headers);

            assertThat(answer.statusCode()).isEqualTo(401);
            assertThat(answer.headers().firstValue("WWW-Authenticate").orElse(""))
                    .startsWith("Bearer");
            assertThat(answer.body()).doesNotContain("metrics\n", VIEWER, OPERATOR);
        }
    }

    @Test
    void aViewerLooksAndAsksAndAnOperatorMayDoMore() throws Exception {
        for (String token : List.of(VIEWER, OPERATOR)) {
            assertThat(as(token, "GET", "/metrics").body()).isEqualTo("metrics\n");
            assertProblem(as(token, "POST", "/v1/score"), 400, "\"text\" must be a string");
            assertProblem(as(token, "GET", "/nothing"), 404, "there is no GET /nothing");
        }
        assertProblem(as(VIEWER, "POST", "/nothing"), 403, "a viewer may look and change nothing");
        assertProblem(as(OPERATOR, "POST", "/nothing"), 404, "there is no POST /nothing");
        assertProblem(send("GET", "/metrics"), 401, "http.token-file or http.viewer-token-file");
        assertProblem(send("POST", "/nothing"), 401, "send the token of http.token-file as");
        assertProblem(as("no-such-token-0123", "GET", "/metrics"), 401, "this is not the token");
    }

    @Test
    void whoeverMayNotLookIsToldHowItIsAndNotWhy() throws Exception {
        health.register("registry-default", () -> Optional.of("a reason"));
        assertThat(send("GET", "/readyz").body()).isEqualTo("{\"status\":\"down\"}");
        assertThat(send("GET", "/livez").statusCode()).isEqualTo(200);
        assertThat(as("no-such-token-0123", "GET", "/readyz").body()).isEqualTo("{\"status\":\"down\"}");
        assertThat(as(VIEWER, "GET", "/readyz").body()).contains("registry-default", "a reason");
    }

    @Test
    void metricsCanBeOpenedAlone() throws Exception {
        restart(HttpHere.withOpenMetrics(), GUARDED);
        assertThat(send("GET", "/metrics").body()).isEqualTo("metrics\n");
        assertThat(send("GET", "/nothing").statusCode()).isEqualTo(401);
        assertThat(send("POST", "/v1/score").statusCode()).isEqualTo(401);
    }

    @Test
    void aTrustedNetworkLooksWithoutATokenAndByItsOwnNamesOnly() throws Exception {
        restart(HttpHere.onPort(0), Access.of(Map.of(HttpRole.OPERATOR, OPERATOR), Open.LOOKING_ON_THE_NETWORK));
        assertThat(send("GET", "/metrics").statusCode()).isEqualTo(200);
        assertProblem(send("POST", "/nothing"), 401, "send the token");
        assertThat(as(OPERATOR, "POST", "/nothing").statusCode()).isEqualTo(404);

        for (String name : List.of("serving:8080", "10.0.0.7", "[fe80::1]:80", "a.svc.cluster.local", "LOCALHOST")) {
            assertThat(raw("GET /metrics HTTP/1.1\r\nHost: " + name + "\r\nConnection: close\r\n\r\n"))
                    .as(name)
                    .startsWith("HTTP/1.1 200");
        }
        for (String name :
                List.of("evil.example", "10.0.0.7.evil.example", "local.evil.example:8080", "evil.example.")) {
            assertThat(raw("GET /metrics HTTP/1.1\r\nHost: " + name + "\r\nConnection: close\r\n\r\n"))
                    .as(name)
                    .startsWith("HTTP/1.1 403")
                    .contains("without a token this server answers only to");
        }
        assertThat(raw("GET /metrics HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer " + OPERATOR
                        + "\r\nConnection: close\r\n\r\n"))
                .as("a token that was sent is no page's doing")
                .startsWith("HTTP/1.1 200");
    }

    @Test
    void whatAPageElsewhereSendsIsRefusedWhateverItKnows() throws Exception {
        for (String[] from : List.of(
                new String[] {"Origin", "https://evil.example"},
                new String[] {"Origin", "null"},
                new String[] {"Origin", "http://127.0.0.1:1"},
                new String[] {"Sec-Fetch-Site", "cross-site"},
                new String[] {"Sec-Fetch-Site", "same-site"})) {
            assertProblem(
                    send("POST", "/v1/score", "Authorization", "Bearer " + OPERATOR, from[0], from[1]),
                    403,
                    "may not change anything here");
        }
        String own = "http://" + server.address().getAuthority();
        assertProblem(send("POST", "/v1/score", "Authorization", "Bearer " + VIEWER, "Origin", own), 400, "string");
    }

    @Test
    void anAddressThatAsksTooOftenWaitsAndHealthIsAlwaysAnswered() throws Exception {
        restart(HttpHere.limited(3, 0), GUARDED);
        for (int i = 0; i < 3; i++) {
            assertThat(as(VIEWER, "GET", "/metrics").statusCode()).isEqualTo(200);
        }
        HttpResponse<String> refused = as(VIEWER, "GET", "/metrics");
        assertProblem(refused, 429, "http.requests-per-second");
        assertThat(refused.headers().firstValue("Retry-After")).hasValue("1");
        assertThat(send("POST", "/v1/score").statusCode()).isEqualTo(429);
        assertThat(send("GET", "/livez").statusCode()).isEqualTo(200);

        nanos.addAndGet(Duration.ofMillis(334).toNanos());
        assertThat(as(VIEWER, "GET", "/metrics").statusCode()).isEqualTo(200);
        assertThat(as(VIEWER, "GET", "/metrics").statusCode()).isEqualTo(429);
    }

    @Test
    void aTokenCannotBeGuessedAtLeisure() throws Exception {
        restart(HttpHere.limited(0, 2), GUARDED);
        for (int i = 0; i < 2; i++) {
            assertThat(as("guess-0123456789-" + i, "GET", "/metrics").statusCode())
                    .isEqualTo(401);
            assertThat(send("GET", "/metrics").statusCode()).as("no guess").isEqualTo(401);
        }
        HttpResponse<String> refused = as(VIEWER, "GET", "/metrics");
        assertProblem(refused, 429, "http.wrong-tokens-per-minute");
        assertThat(refused.headers().firstValue("Retry-After")).hasValue("30");

        nanos.addAndGet(Duration.ofSeconds(30).toNanos());
        assertThat(as(VIEWER, "GET", "/metrics").statusCode()).isEqualTo(200);
        assertThat(as(VIEWER, "GET", "/metrics").statusCode()).isEqualTo(200);
    }

    @Test
    void anAddressIsItsNetworkInTheNewProtocol() {
        AddressLimit limit = new AddressLimit(1, Duration.ofMinutes(1), nanos::get);
        assertThat(limit.take("2001:db8:1:2::1")).isZero();
        assertThat(limit.take("2001:db8:1:2:ffff::9")).isEqualTo(Duration.ofMinutes(1));
        assertThat(limit.take("2001:db8:1:3::1")).isZero();
        assertThat(limit.take("192.0.2.1")).isZero();
        assertThat(limit.take("192.0.2.2")).isZero();
        assertThat(limit.look("192.0.2.2")).isEqualTo(Duration.ofMinutes(1));
    }

    @Test
    void everyAnswerKeepsABrowserFromDoingAnythingWithIt() throws Exception {
        for (HttpResponse<String> answer : List.of(
                as(VIEWER, "GET", "/metrics"),
                as(VIEWER, "GET", "/nothing"),
                send("GET", "/metrics"),
                send("GET", "/livez"),
                as(VIEWER, "POST", "/v1/score"))) {
            assertThat(answer.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
            assertThat(answer.headers().firstValue("X-Frame-Options")).hasValue("DENY");
            assertThat(answer.headers().firstValue("Referrer-Policy")).hasValue("same-origin");
            assertThat(answer.headers().firstValue("Content-Security-Policy"))
                    .hasValue("default-src 'none'; frame-ancestors 'none'");
            assertThat(answer.headers().firstValue("Cache-Control")).hasValue("no-store");
            assertThat(answer.headers().firstValue("Server")).isEmpty();
            assertThat(answer.headers().firstValue("Set-Cookie")).isEmpty();
        }
    }

    @Test
    void longHeadersAndLongAddressesAreRefused() throws Exception {
        String long8 = "x".repeat(HttpServer.MAX_HEADER_BYTES);
        assertThat(raw("GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-A: " + long8 + "\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 431");
        assertThat(raw("GET /" + long8 + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 414");
    }
}
