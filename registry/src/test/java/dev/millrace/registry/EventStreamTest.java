package dev.millrace.registry;

import static dev.millrace.registry.Examples.alias;
import static dev.millrace.registry.Examples.version;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class EventStreamTest {

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
    void publish(TestInfo test) throws Exception {
        topic = cluster.createRegistry(test.getTestMethod().orElseThrow().getName());
        trainer = cluster.publisher(topic);
        trainer.change(List.of(version("m", 1), version("m", 2), version("n", 1)), List.of());
        server = ApiServer.start(cluster.client(), topic, Access.thisMachine());
    }

    @AfterEach
    void close() {
        server.close();
        trainer.close();
        awaitNobodyServesThem();
    }

    /** A thread that tries to answer a listener who has left would do so for as long as the process lives. */
    private static void awaitNobodyServesThem() {
        long deadline = System.nanoTime() + Cluster.PATIENCE.toNanos();
        while (Thread.getAllStackTraces().values().stream()
                .flatMap(Stream::of)
                .anyMatch(frame -> frame.getClassName().endsWith("JavalinServlet"))) {
            assertThat(System.nanoTime()).as("every thread is done in time").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    /** What a browser's EventSource does, over a plain connection. */
    private final class Listening implements AutoCloseable {

        private final Socket socket = new Socket();
        private final BufferedReader lines;
        private String id = "";

        Listening(String query, String... headers) throws IOException {
            socket.setReceiveBufferSize(4096);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
            socket.setSoTimeout(30_000);
            String request = "GET /api/v1/events" + query + " HTTP/1.1\r\nHost: localhost\r\n"
                    + String.join("", headers) + "\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        }

        String status() throws IOException {
            return lines.readLine();
        }

        String line(String start) throws IOException {
            String line = lines.readLine();
            while (line != null && !line.startsWith(start)) {
                line = lines.readLine();
            }
            assertThat(line).as("a line that starts with " + start).isNotNull();
            return line.substring(start.length()).strip();
        }

        JsonNode next() throws IOException {
            id = line("id:");
            return new ObjectMapper().readTree(line("data:"));
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    @Test
    void tellsEachChangeWhenReadsHaveIt() throws Exception {
        try (Listening listening = new Listening("")) {
            listening.line(":");
            for (long version = 1; version <= 2; version++) {
                trainer.change(List.of(alias("m", "canary", version)), List.of());
                JsonNode event = listening.next();
                assertThat(event.get("action").asText()).isEqualTo("promoted");
                assertThat(event.get("offset").asText()).isEqualTo(listening.id);
                assertThat(server.get("/models/m/aliases/canary").get("version").asLong())
                        .isEqualTo(version);
            }
            JsonNode told = server.post("/models/m/promote", "{\"version\": 2, " + ANN + "}");
            assertThat(listening.next()).isEqualTo(told.at("/events/0"));
            assertThat(listening.line(":"))
                    .as("a sign of life while nothing happens")
                    .contains("still here");
        }
    }

    @Test
    void goesOnWhereTheListenerLeftOff() throws Exception {
        String seen;
        try (Listening listening = new Listening("?after=-1")) {
            assertThat(listening.next().get("model").asText()).isEqualTo("m");
            seen = listening.id;
        }
        trainer.change(List.of(alias("m", "canary", 1)), List.of());
        try (Listening again = place("?after=-1", "Accept: text/event-stream\r\n", "Last-Event-ID: " + seen + "\r\n")) {
            assertThat(again.next().get("version").asLong()).isEqualTo(2);
            assertThat(again.next().get("model").asText()).isEqualTo("n");
            assertThat(again.next().get("alias").asText()).isEqualTo("canary");
        }
        try (Listening one = place("?after=-1&model=n")) {
            assertThat(one.next().get("model").asText()).isEqualTo("n");
        }
        assertThat(server.send("GET", "/events?after=x", "").statusCode()).isEqualTo(400);
        assertThat(server.send("GET", "/events", "", "Accept", "application/json")
                        .statusCode())
                .isEqualTo(406);
    }

    @Test
    void oneListenerTooManyIsSentAway() throws Exception {
        try (Listening one = new Listening("");
                Listening two = new Listening("")) {
            one.line(":");
            two.line(":");
            assertThat(server.send("GET", "/events", "").statusCode()).isEqualTo(503);
        }
        try (Listening next = place("")) {
            assertThat(next.line(":")).startsWith("after");
        }
    }

    /** Asks until there is a place; a listener that is gone is noticed at the next comment. */
    private Listening place(String query, String... headers) throws IOException {
        long deadline = System.nanoTime() + Cluster.PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            Listening next = new Listening(query, headers);
            if (next.status().contains(" 200 ")) {
                return next;
            }
            next.close();
        }
        throw new AssertionError("no place became free");
    }

    @Test
    void aListenerThatTakesNothingIsDroppedAndHoldsNobodyUp() throws Exception {
        String reason = "x".repeat(4000);
        List<Alias> many = new ArrayList<>();
        LongStream.range(0, 2000)
                .forEach(number -> many.add(new Alias("m", "a" + number % 7, 1, null, Examples.TIME, "ann", reason)));
        try (Listening slow = new Listening("")) {
            slow.line(":");
            try (Listening quick = new Listening("?model=n")) {
                quick.line(":");
                trainer.change(many, List.of());
                trainer.change(List.of(alias("n", "canary", 1)), List.of());
                assertThat(quick.next().get("model").asText()).isEqualTo("n");
            }
            try (Listening first = place("");
                    Listening second = place("")) {
                assertThat(first.line(":")).as("both places are free").startsWith("after");
                assertThat(second.line(":")).startsWith("after");
            }
        }
    }

    @Test
    void readsGoOnWithoutKafkaAndChangesDoNot(@TempDir Path folder) throws Exception {
        server.close();
        try (Cluster mortal = Cluster.start(folder)) {
            mortal.createRegistry(topic);
            try (VersionPublisher publisher = mortal.publisher(topic)) {
                publisher.change(List.of(version("m", 1)), List.of());
            }
            server = ApiServer.start(mortal.client(), topic, Access.thisMachine());
        }
        server.pass(Duration.ofMinutes(5));
        var read = server.send("GET", "/models/m", "");
        assertThat(read.statusCode()).isEqualTo(200);
        assertThat(Long.parseLong(read.headers().firstValue("Millrace-View-Age").orElseThrow()))
                .isBetween(300L, 400L);
        var write = server.send(
                "POST", "/models/m/promote", "{\"version\": 2, " + ANN + "}", "Content-Type", "application/json");
        assertThat(write.statusCode()).isEqualTo(503);
        assertThat(ApiServer.json(write).get("viewAgeSeconds").asLong()).isBetween(300L, 400L);
        assertThat(write.headers().firstValue("Retry-After")).isPresent();
    }
}
