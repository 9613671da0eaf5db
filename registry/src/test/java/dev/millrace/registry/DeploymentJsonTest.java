package dev.millrace.registry;

import static dev.millrace.registry.Examples.TIME;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeploymentJsonTest {

    private static final Deployment FULL = new Deployment(
            "support", "candidate", "web-1", Deployment.State.FAILING, 0.25, 6L, TIME, 7L, TIME.plusSeconds(3), "gone");
    private static final String FULL_JSON = "{\"schema\":1,\"model\":\"support\",\"alias\":\"candidate\","
            + "\"instance\":\"web-1\",\"state\":\"failing\",\"share\":0.25,\"version\":6,"
            + "\"since\":\"2026-11-24T10:00:00Z\",\"newest\":7,\"time\":\"2026-11-24T10:00:03Z\",\"reason\":\"gone\"}";

    @Test
    void keepsItsBytes() {
        assertThat(new String(DeploymentJson.write(FULL), StandardCharsets.UTF_8))
                .isEqualTo(FULL_JSON);
        assertThat(DeploymentJson.read(FULL_JSON.getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(FULL);
        assertThat(FULL.key()).isEqualTo("support@candidate/web-1");
    }

    @Test
    void leavesOutWhatIsNotKnown() {
        Deployment waiting = new Deployment(
                "support", "champion", "web-1", Deployment.State.LOADING, 1, null, null, null, TIME, null);
        assertThat(DeploymentJson.read(DeploymentJson.write(waiting))).isEqualTo(waiting);
        assertThat(new String(DeploymentJson.write(waiting), StandardCharsets.UTF_8))
                .doesNotContain("null", "version", "since", "newest", "reason");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"schema\":1->\"schema\":2",
                "failing->asleep",
                "\"share\":0.25->\"share\":2",
                "support->sup/port",
                "gone->go\\u001b[31mne",
                "web-1->web 1",
                "\"time\"->\"thyme\"",
                "}->"
            })
    void refusesWhatIsNoReport(String change) {
        String[] parts = change.split("->", -1);
        byte[] json = FULL_JSON.replace(parts[0], parts[1]).getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> DeploymentJson.read(json)).isInstanceOf(RegistryFormatException.class);
    }

    @Test
    void tellsOfAFailureWhatIsOursAndOfOthersOnlyTheKind() {
        assertThat(Deployment.reason(new ArtifactException("artifact 'weights' is gone\nfor good")))
                .isEqualTo("artifact 'weights' is gone for good");
        assertThat(Deployment.reason(new IOException("the label 'my <b>secret</b>' is unknown")))
                .isEqualTo("IOException; the log of the instance says more");
        assertThat(Deployment.reason(new ArtifactException("x".repeat(5000))))
                .hasSize(Deployment.MAX_REASON_CHARACTERS)
                .endsWith("…");
    }
}
