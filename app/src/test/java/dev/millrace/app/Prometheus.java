package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * A Prometheus of this machine with the configuration and the rules of this repository, but for three things: it scrapes
 * other addresses, twice a second, and an alert need not hold for minutes before it fires.
 */
final class Prometheus implements AutoCloseable {

    private static final Path CONFIGURATION = Path.of("../monitoring");
    private static final String EVERY = "500ms";

    private final HttpClient http = HttpClient.newHttpClient();
    private final ObjectMapper json = new ObjectMapper();
    private final Instant begun = Instant.now();
    private final Process process;
    private final Path output;
    private final URI address;

    private Prometheus(Process process, Path output, URI address) {
        this.process = process;
        this.output = output;
        this.address = address;
    }

    /** Whether there is one on this machine. */
    static boolean isInstalled() {
        return Stream.of(String.valueOf(System.getenv("PATH")).split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "prometheus")));
    }

    /** Starts one that keeps what it needs in a folder. */
    static Prometheus start(Path folder, List<URI> targets) throws IOException {
        Files.createDirectories(folder);
        Files.copy(CONFIGURATION.resolve("rules.yml"), folder.resolve("rules.yml"));
        Files.writeString(
                folder.resolve("alerts.yml"),
                Files.readString(CONFIGURATION.resolve("alerts.yml")).replaceAll("(?m)^( +for:) \\d+m$", "$1 0s"));
        Files.writeString(
                folder.resolve("prometheus.yml"),
                Files.readString(CONFIGURATION.resolve("prometheus.yml"))
                        .replace("_interval: 5s", "_interval: " + EVERY)
                        .replaceFirst(
                                "(?m)^( +- )targets: \\[.*]$",
                                targets.stream()
                                        .map(target -> '"' + target.getAuthority() + '"')
                                        .collect(Collectors.joining(", ", "$1targets: [", "]"))));
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Path output = folder.resolve("out");
        Process process = new ProcessBuilder(
                        "prometheus",
                        "--config.file=" + folder.resolve("prometheus.yml"),
                        "--storage.tsdb.path=" + folder.resolve("data"),
                        "--web.listen-address=127.0.0.1:" + port,
                        "--log.level=warn")
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        Prometheus prometheus = new Prometheus(process, output, URI.create("http://127.0.0.1:" + port));
        RunningMillrace.await(
                () -> !process.isAlive() || prometheus.isReady(), () -> "it answers: " + prometheus.printed());
        assertThat(process.isAlive()).as(prometheus.printed()).isTrue();
        return prometheus;
    }

    private boolean isReady() {
        try {
            return send("/-/ready").statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    private String printed() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private HttpResponse<String> send(String path) throws IOException {
        try {
            return http.send(
                    HttpRequest.newBuilder(address.resolve(path)).build(), HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private JsonNode ask(String path, Map<String, String> parameters) throws IOException {
        String query = parameters.entrySet().stream()
                .map(each -> each.getKey() + "=" + URLEncoder.encode(each.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&", "?", ""));
        JsonNode answer = json.readTree(send(path + query).body());
        assertThat(answer.path("status").asText())
                .as("%s: %s", parameters, answer)
                .isEqualTo("success");
        return answer.path("data");
    }

    /** Whether an expression has a value that is a number, at any moment since this was started. */
    boolean hasData(String expression) throws IOException {
        JsonNode series = ask(
                        "/api/v1/query_range",
                        Map.of(
                                "query",
                                expression,
                                "start",
                                begun.toString(),
                                "end",
                                Instant.now().toString(),
                                "step",
                                "1"))
                .path("result");
        return elements(series)
                .flatMap(one -> elements(one.path("values")))
                .anyMatch(value -> Double.isFinite(number(value.path(1).asText())));
    }

    private static double number(String text) {
        return text.endsWith("Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(text);
    }

    /** The values that a label has in all series that a selector finds. */
    List<String> labelValues(String selector, String label) throws IOException {
        return elements(ask("/api/v1/series", Map.of("match[]", selector)))
                .map(one -> one.path(label).asText())
                .distinct()
                .toList();
    }

    /** Whether an alert fires whose labels are these, among others. */
    boolean fires(String alert, Map<String, String> labels) {
        try {
            return elements(ask("/api/v1/alerts", Map.of()).path("alerts"))
                    .filter(one -> one.path("state").asText().equals("firing"))
                    .map(one -> one.path("labels"))
                    .anyMatch(its -> its.path("alertname").asText().equals(alert)
                            && labels.entrySet().stream()
                                    .allMatch(label ->
                                            its.path(label.getKey()).asText().equals(label.getValue())));
        } catch (IOException e) {
            throw new AssertionError(printed(), e);
        }
    }

    private static Stream<JsonNode> elements(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
