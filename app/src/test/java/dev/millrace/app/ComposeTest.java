package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.apache.kafka.common.utils.AppInfoParser;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The composition fits what it is made of; whether it runs is for those who have an engine. */
class ComposeTest {

    private static final Path ROOT = Path.of("..");
    private static final Pattern DEFAULTED = Pattern.compile("\\$\\{\\w+:-([^}]*)}");

    private static final Map<String, JsonNode> SERVICES = new TreeMap<>();

    @BeforeAll
    static void readServices() throws IOException {
        // Jackson does not know YAML's merge keys.
        Object composition = new Yaml(new SafeConstructor(new LoaderOptions()))
                .load(Files.readString(ROOT.resolve("docker-compose.yml")));
        JsonNode tree = new ObjectMapper().valueToTree(composition);
        tree.path("services").properties().forEach(service -> SERVICES.put(service.getKey(), service.getValue()));
    }

    @Test
    void everyServiceIsWatchedBoundedAndOfAFixedVersion() {
        assertThat(SERVICES).isNotEmpty().allSatisfy((name, service) -> {
            assertThat(service.has("mem_limit")).as("mem_limit").isTrue();
            assertThat(service.has("restart")).as("restart").isTrue();
            assertThat(service.has("healthcheck") || service.has("build"))
                    .as("a health check here or in the image")
                    .isTrue();
            assertThat(withDefaults(service.path("image").asText()))
                    .as("image")
                    .matches("[^:]+:[^:]+")
                    .doesNotEndWith(":latest");
        });
    }

    @Test
    void kafkaIsOfTheVersionThatMillraceIsBuiltWith() {
        assertThat(service("kafka").path("image").asText()).isEqualTo("apache/kafka:" + AppInfoParser.getVersion());
    }

    @Test
    void everyVariableOfMillraceIsASettingAndItsValueIsAllowed() {
        Map<String, JsonNode> ours = new TreeMap<>(SERVICES);
        ours.values().removeIf(service -> !service.has("build"));

        assertThat(ours).hasSizeGreaterThan(3).allSatisfy((name, service) -> {
            Map<String, String> variables = new LinkedHashMap<>();
            service.path("environment")
                    .properties()
                    .forEach(variable -> variables.put(
                            variable.getKey(), withDefaults(variable.getValue().asText())));
            assertThat(new SettingsLoader()
                            .environment(variables)
                            .load()
                            .settings()
                            .kafka()
                            .bootstrapServers())
                    .isEqualTo("kafka:9092");
        });
    }

    @Test
    void prometheusReadsEveryProcessOfMillrace() throws IOException {
        JsonNode prometheus = new ObjectMapper(new YAMLFactory())
                .readTree(Files.readString(ROOT.resolve("monitoring/prometheus.yml")));
        JsonNode targets = prometheus.at("/scrape_configs/0/static_configs/0/targets");
        List<String> running = SERVICES.entrySet().stream()
                .filter(service -> service.getValue().path("command").asText().startsWith("run "))
                .filter(service -> !service.getValue().has("profiles"))
                .map(service -> service.getKey() + ":8080")
                .toList();

        assertThat(StreamSupport.stream(targets.spliterator(), false).map(JsonNode::asText))
                .containsExactlyInAnyOrderElementsOf(running);
        assertThat(service("trainer-gpu").at("/networks/default/aliases/0").asText())
                .as("it takes the other trainer's place")
                .isEqualTo("trainer");
    }

    private static JsonNode service(String name) {
        return Objects.requireNonNull(SERVICES.get(name), name);
    }

    private static String withDefaults(String value) {
        return DEFAULTED.matcher(value).replaceAll("$1");
    }
}
