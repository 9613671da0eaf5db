package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The bill of materials, as it lies beside the jar that was packaged. */
class SbomIT {

    // Failsafe starts in the module's folder.
    private static final Path TARGET = Path.of("target");

    @BeforeEach
    void requireOnline() {
        assumeFalse(
                "offline: true".equals(System.getProperty("millrace.offline")), "the plugin makes nothing with mvn -o");
    }

    @Test
    void namesEachLibraryThatIsShippedByItsDigestAndItsVersion() throws Exception {
        Map<String, JsonNode> byDigest = new TreeMap<>();
        for (JsonNode component : sbom().path("components")) {
            for (JsonNode hash : component.path("hashes")) {
                if (hash.path("alg").asText().equals("SHA-256")) {
                    byDigest.put(hash.path("content").asText(), component);
                }
            }
        }
        List<Path> shipped = jars(TARGET.resolve("lib"));

        assertThat(shipped).hasSizeGreaterThan(50).allSatisfy(jar -> {
            String digest = sha256(jar);
            assertThat(byDigest).as("%s is in the bill of materials", jar).containsKey(digest);
            JsonNode component = Objects.requireNonNull(byDigest.get(digest));
            assertThat(jar.getFileName().toString())
                    .contains(component.path("name").asText())
                    .contains(component.path("version").asText());
            assertThat(component.path("purl").asText()).startsWith("pkg:maven/");
        });
    }

    @Test
    void saysNothingThatMakesTwoBuildsOfTheSameDiffer() throws IOException {
        JsonNode sbom = sbom();

        assertThat(sbom.path("bomFormat").asText()).isEqualTo("CycloneDX");
        assertThat(sbom.has("serialNumber")).isFalse();
        assertThat(sbom.at("/metadata/timestamp").asText("")).isIn("", "2026-11-24T00:00:00Z");
        assertThat(sbom.at("/metadata/component/name").asText()).isEqualTo("millrace-app");
    }

    private static JsonNode sbom() throws IOException {
        return new ObjectMapper().readTree(TARGET.resolve("millrace-sbom.json").toFile());
    }

    private static List<Path> jars(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".jar"))
                    .sorted()
                    .toList();
        }
    }

    private static String sha256(Path file) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    }
}
