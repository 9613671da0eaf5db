package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.api.command.InspectContainerResponse.ContainerState;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.kafka.KafkaContainer;

/** The image, made of what this build has packaged, from start to SIGTERM beside Kafka's own. */
@Tag("docker")
@Timeout(240)
class ImageIT {

    private static final Path ROOT = Path.of("..");
    private static final int TERMINATED = 143;
    private static final int GRACE_SECONDS = 20;

    private static final int GIVEN = 64;

    private final HttpClient http = HttpClient.newHttpClient();

    @TempDir
    private Path folder = Path.of("");

    private String image = "";

    @BeforeEach
    void build() throws IOException {
        DockerEngine.image("eclipse-temurin:17-jre");
        image = DockerEngine.build(ROOT, "prebuilt", List.of("app/target/lib", "app/target/millrace-app.jar"), folder);
    }

    @AfterEach
    void remove() {
        if (!image.isEmpty()) {
            DockerEngine.client().removeImageCmd(image).withForce(true).exec();
        }
    }

    @Test
    void theImageLearnsWhatIsSentFromOutsideAndEndsInPeace() throws Exception {
        try (Network network = Network.newNetwork();
                KafkaContainer kafka = new KafkaContainer(DockerEngine.kafka())
                        .withNetwork(network)
                        .withListener("kafka:19092");
                GenericContainer<?> millrace = millrace().withNetwork(network).dependsOn(kafka)) {
            millrace.start();
            TaughtModel model = new TaughtModel(kafka.getBootstrapServers());
            assertThat(millrace.execInContainer("id", "-u").getStdout().strip()).isEqualTo("10001");

            model.send("examples", 0, GIVEN);
            String learned = "millrace_training_examples_total{model=\"default\"} " + (double) GIVEN;
            RunningMillrace.await(
                    () -> get(millrace, "/metrics").body().contains(learned),
                    () -> "all is learned; it printed: " + millrace.getLogs());
            RunningMillrace.await(() -> get(millrace, "/readyz").statusCode() == 200, "it serves a version");
            RunningMillrace.await(() -> model.learned() == GIVEN, "a version has learned all");
            assertThat(get(millrace, "/api/v1/models/default").body()).contains("\"champion\":");
            RunningMillrace.await(() -> "healthy".equals(health(millrace)), "its own health check passes");

            DockerEngine.client()
                    .stopContainerCmd(millrace.getContainerId())
                    .withTimeout(GRACE_SECONDS)
                    .exec();
            // Docker says 137 where it had to kill.
            assertThat(state(millrace).getExitCodeLong()).as(millrace.getLogs()).isEqualTo(TERMINATED);
            assertThat(state(millrace).getOOMKilled()).isFalse();
        }
    }

    private GenericContainer<?> millrace() {
        return new GenericContainer<>(image)
                .withCommand("run")
                .withEnv(Map.of(
                        "MILLRACE_KAFKA_BOOTSTRAP_SERVERS", "kafka:19092",
                        "MILLRACE_KAFKA_PARTITIONS", "1",
                        "MILLRACE_HTTP_TRUSTED_NETWORK", "true",
                        "MILLRACE_TRAINER_BASE", "tiny",
                        "MILLRACE_TRAINER_BATCH_SIZE", "8",
                        "MILLRACE_TRAINER_VERSION_EVERY_EXAMPLES", "16"))
                .withExposedPorts(8080)
                .waitingFor(Wait.forHttp("/healthz").forPort(8080));
    }

    private HttpResponse<String> get(GenericContainer<?> millrace, String path) {
        URI address = URI.create("http://" + millrace.getHost() + ":" + millrace.getMappedPort(8080) + path);
        try {
            return http.send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError(address + " does not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private static String health(GenericContainer<?> millrace) {
        return Objects.requireNonNull(state(millrace).getHealth(), "the image has no health check")
                .getStatus();
    }

    private static ContainerState state(GenericContainer<?> millrace) {
        return DockerEngine.client()
                .inspectContainerCmd(millrace.getContainerId())
                .exec()
                .getState();
    }
}
