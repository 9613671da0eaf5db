package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.model.Prediction;
import dev.millrace.model.ScoringLimits;
import dev.millrace.model.ScoringObserver;
import dev.millrace.model.ScoringQueue;
import dev.millrace.model.TextScoring;
import dev.millrace.model.VersionAnswer;
import dev.millrace.monitoring.Health;
import dev.millrace.registry.Access;
import java.io.ByteArrayInputStream;
import java.net.URI;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HttpServerTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client = HttpClient.newHttpClient();
    private final Health health = new Health(Clock.fixed(Instant.parse("2026-11-28T12:00:00.123456Z"), ZoneOffset.UTC));
    private final AtomicBoolean serving = new AtomicBoolean(true);
    private HttpServer server = start(HttpHere.onPort(0), Map.of("support", this::parrot));

    @AfterEach
    void stop() {
        server.close();
    }

    private Optional<ScoreResponse> parrot(List<String> texts, int top) {
        if (!serving.get()) {
            return Optional.empty();
        }
        if (texts.contains("explode")) {
            throw new IllegalStateException("a secret of the inside");
        }
        return Optional.of(new ScoreResponse(
                "support",
                7,
                texts.stream()
                        .map(text -> new ScoreResponse.Prediction(
                                text,
                                0.75,
                                List.of(new ScoreResponse.Ranked(text, 0.75), new ScoreResponse.Ranked("other", 0.25))
                                        .subList(0, Math.min(top, 2))))
                        .toList()));
    }

    @Test
    void aFullQueueAndALateAnswerAreTurnedAwayForAWhile() throws Exception {
        CountDownLatch computing = new CountDownLatch(1);
        CountDownLatch finish = new CountDownLatch(1);
        TextScoring<Long> slow = texts -> {
            computing.countDown();
            try {
                finish.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return new VersionAnswer<>(
                    7L,
                    texts.stream()
                            .map(text -> new Prediction(List.of(new Prediction.Score(text, 1))))
                            .toList());
        };
        ScoringLimits limits = new ScoringLimits(64, Duration.ZERO, 1);
        server.close();
        try (ScoringQueue<Long> queue =
                ScoringQueue.start("support", slow, limits, ScoringObserver.NONE, System::nanoTime)) {
            server = start(
                    HttpHere.onPort(0),
                    Map.of(
                            "support", queued(queue, Duration.ofMinutes(1)),
                            "hasty", queued(queue, Duration.ofMillis(1))));
            CompletableFuture<VersionAnswer<Long>> running = queue.submit(List.of("first"));
            computing.await();
            HttpResponse<String> late = score("{\"model\": \"hasty\", \"text\": \"a\"}");
            CompletableFuture<VersionAnswer<Long>> waiting = queue.submit(List.of("second"));
            HttpResponse<String> full = score("{\"model\": \"support\", \"text\": \"a\"}");

            assertProblem(late, 503, "model support did not answer within PT0.001S; try again shortly");
            assertThat(late.headers().firstValue("Retry-After")).isPresent();
            assertProblem(full, 503, "1 texts wait for model support, and 1 are admitted");
            assertThat(full.headers().firstValue("Retry-After")).isPresent();

            finish.countDown();
            assertThat(running.join().version()).isEqualTo(7);
            assertThat(waiting.join().predictions().get(0).label()).isEqualTo("second");
            assertThat(score("{\"model\": \"support\", \"text\": \"a\"}").statusCode())
                    .isEqualTo(200);
        } finally {
            finish.countDown();
        }
    }

    private static Scorer queued(ScoringQueue<Long> queue, Duration patience) {
        return (texts, top) -> {
            VersionAnswer<Long> answer = queue.answer(texts, patience);
            return Optional.of(new ScoreResponse(
                    "support",
                    answer.version(),
                    answer.predictions().stream()
                            .map(one -> new ScoreResponse.Prediction(one.label(), one.confidence(), List.of()))
                            .toList()));
        };
    }

    private HttpServer start(HttpSettings http, Map<String, Scorer> scorers) {
        return HttpServer.start(
                http,
                Access.thisMachine(),
                new HttpServer.Routes(
                        () -> "millrace_examples_total 3\n",
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

    private HttpResponse<String> score(String body) throws Exception {
        return client.send(
                HttpRequest.newBuilder(at("/v1/score"))
                        .header("Content-Type", "application/json; charset=utf-8")
                        .POST(BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private URI at(String path) {
        return server.address().resolve(path);
    }

    private static void assertProblem(HttpResponse<String> response, int status, String detail) throws Exception {
        assertThat(response.statusCode()).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type").orElse("")).startsWith("application/problem+json");
        JsonNode problem = JSON.readTree(response.body());
        assertThat(problem.get("type").asText()).isEqualTo("about:blank");
        assertThat(problem.get("status").asInt()).isEqualTo(status);
        assertThat(problem.get("title").asText()).isNotBlank();
        assertThat(problem.get("detail").asText()).contains(detail);
    }

    @Test
    void metricsAreInTheFormatThatPrometheusAsksFor() throws Exception {
        HttpResponse<String> response = get("/metrics");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("text/plain; version=0.0.4; charset=utf-8");
        assertThat(response.body()).isEqualTo("millrace_examples_total 3\n");
    }

    @Test
    void scoresOneText() throws Exception {
        HttpResponse<String> response = score("{\"text\": \"où est ma carte?\", \"top\": 1}");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type").orElse("")).startsWith("application/json");
        assertThat(JSON.readTree(response.body())).isEqualTo(JSON.readTree("""
                        {"model": "support", "version": 7, "predictions": [
                          {"label": "où est ma carte?", "confidence": 0.75,
                           "top": [{"label": "où est ma carte?", "confidence": 0.75}]}]}
                        """));
    }

    @Test
    void whatLooksLikeAPageIsNeverSentAsOne() throws Exception {
        String page = "<script>alert(1)</script>";
        List<HttpResponse<String>> responses =
                List.of(score("{\"text\": \"" + page + "\"}"), score(page), get("/" + "%3Cscript%3E"), get("/metrics"));

        assertThat(responses).extracting(HttpResponse::statusCode).containsExactly(200, 400, 404, 200);
        assertThat(responses).allSatisfy(response -> {
            assertThat(response.headers().firstValue("X-Content-Type-Options")).hasValue("nosniff");
            assertThat(response.headers().firstValue("Content-Type").orElse(""))
                    .matches("(application/(problem\\+)?json|text/plain).*");
        });
    }

    @Test
    void scoresSeveralTextsInTheirOrderWithThreeLabelsByDefault() throws Exception {
        JsonNode answer = JSON.readTree(
                score("{\"texts\": [\"b\", \"a\"], \"model\": \"support\"}").body());

        assertThat(answer.get("predictions").findValuesAsText("label")).startsWith("b");
        assertThat(answer.at("/predictions/1/label").asText()).isEqualTo("a");
        assertThat(answer.at("/predictions/0/top")).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {"text": "a"                      | must be JSON: Unexpected end-of-input
                    {"text": "a"} {}                  | must be JSON
                    {"text": "a", "text": "b"}        | Duplicate
                    ["a"]                             | must be a JSON object
                    {}                                | either "text", a string, or "texts"
                    {"text": "a", "texts": ["b"]}     | either "text", a string, or "texts"
                    {"text": 5}                       | "text" must be a string that is not blank
                    {"text": null}                    | "text" must be a string that is not blank
                    {"text": "  "}                    | "text" must be a string that is not blank
                    {"texts": []}                     | list of 1 to 256 strings, but has 0
                    {"texts": "a"}                    | list of 1 to 256 strings
                    {"texts": ["a", null]}            | "texts[1]" must be a string that is not blank
                    {"text": "a", "top": 0}           | "top" must be a whole number from 1 to 1000
                    {"text": "a", "top": 1.5}         | "top" must be a whole number from 1 to 1000
                    {"text": "a", "model": 3}         | "model" must be a string
                    {"text": "a", "tpo": 3}           | there is no field "tpo"; the fields are model, text, texts, top
                    """)
    void saysWhatIsWrongWithARequest(String body, String detail) throws Exception {
        assertProblem(score(body), 400, detail);
    }

    @Test
    void refusesAnEmptyBody() throws Exception {
        assertProblem(score(""), 400, "must be a JSON object");
    }

    @Test
    void refusesTooManyTextsAndTextsThatAreTooLong() throws Exception {
        String texts = "\"a\",".repeat(257);
        assertProblem(
                score("{\"texts\": [" + texts.substring(0, texts.length() - 1) + "]}"),
                400,
                "list of 1 to 256 strings, but has 257");
        assertProblem(
                score("{\"texts\": [\"a\", \"" + "x".repeat(101) + "\"]}"),
                400,
                "\"texts[1]\" must have at most 100 characters, but has 101");
    }

    @Test
    void refusesBytesThatAreNoUtf8() throws Exception {
        HttpResponse<String> response = client.send(
                HttpRequest.newBuilder(at("/v1/score"))
                        .POST(BodyPublishers.ofByteArray(
                                "{\"text\": \"\u00e9\"}".getBytes(StandardCharsets.ISO_8859_1)))
                        .build(),
                BodyHandlers.ofString());

        assertProblem(response, 400, "must be JSON");
    }

    @Test
    void refusesABodyOverTheLimitWhetherItSaysItsLengthOrNot() throws Exception {
        byte[] large =
                ("{\"text\": \"" + "x".repeat(HttpServer.MAX_BODY_BYTES) + "\"}").getBytes(StandardCharsets.UTF_8);

        for (HttpRequest.BodyPublisher body : List.of(
                BodyPublishers.ofByteArray(large),
                BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(large)))) {
            HttpResponse<String> response = client.send(
                    HttpRequest.newBuilder(at("/v1/score")).POST(body).build(), BodyHandlers.ofString());

            assertProblem(response, 413, "at most 1048576 bytes");
        }
    }

    @Test
    void refusesWhatIsNotJson() throws Exception {
        assertProblem(scoreAs("text/csv"), 415, "Content-Type: application/json");
    }

    @Test
    void takesWhatCurlSendsByDefault() throws Exception {
        assertThat(scoreAs("application/x-www-form-urlencoded").statusCode()).isEqualTo(200);
    }

    private HttpResponse<String> scoreAs(String contentType) throws Exception {
        return client.send(
                HttpRequest.newBuilder(at("/v1/score"))
                        .header("Content-Type", contentType)
                        .POST(BodyPublishers.ofString("{\"text\": \"a\"}"))
                        .build(),
                BodyHandlers.ofString());
    }

    @Test
    void asksToComeBackWhileNoVersionIsServed() throws Exception {
        serving.set(false);

        HttpResponse<String> response = score("{\"text\": \"a\"}");

        assertProblem(response, 503, "no version of model \"support\" is served yet");
        assertThat(response.headers().firstValue("Retry-After")).hasValue("2");
    }

    @Test
    void namesWhatThereIsWhenAskedForSomethingElse() throws Exception {
        assertProblem(get("/v2/score"), 404, "there is no GET /v2/score");
        assertProblem(score("{\"text\": \"a\", \"model\": \"b\"}"), 404, "served here: support");
        HttpResponse<String> wrongMethod = get("/v1/score");
        assertProblem(wrongMethod, 405, "GET /v1/score is not allowed");
        assertThat(wrongMethod.headers().firstValue("Allow")).hasValue("POST");
    }

    @Test
    void aModelMustBeNamedWhenSeveralAreServed() throws Exception {
        server.close();
        server = start(HttpHere.onPort(0), Map.of("support", this::parrot, "sales", this::parrot));

        assertProblem(score("{\"text\": \"a\"}"), 400, "served here: sales, support");
        assertThat(score("{\"text\": \"a\", \"model\": \"sales\"}").statusCode())
                .isEqualTo(200);
    }

    @Test
    void aProcessThatServesNoModelSaysSo() throws Exception {
        server.close();
        server = start(HttpHere.onPort(0), Map.of());

        assertProblem(score("{\"text\": \"a\"}"), 404, "serves no model");
    }

    @Test
    void aFailureInsideIsNotToldToTheCaller() throws Exception {
        HttpResponse<String> response = score("{\"text\": \"explode\"}");

        assertProblem(response, 500, "the server failed");
        assertThat(response.body()).doesNotContain("secret");
    }

    @Test
    void aPortThatIsTakenIsOneClearMessage() {
        int taken = server.address().getPort();

        assertThatThrownBy(() -> start(HttpHere.onPort(taken), Map.of()))
                .isInstanceOf(CommandException.class)
                .hasMessageStartingWith("cannot listen on 127.0.0.1:" + taken);
    }
}
