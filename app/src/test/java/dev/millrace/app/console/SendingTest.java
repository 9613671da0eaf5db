package dev.millrace.app.console;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.app.console.Sending.Target;
import dev.millrace.ingest.Corrections;
import dev.millrace.ingest.IngestSettings;
import dev.millrace.ingest.Rejection;
import dev.millrace.ingest.TextProbe;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Where a mended dead letter goes, and whose rules are asked before. */
class SendingTest {

    private static final long NOW = Instant.parse("2026-11-24T10:00:00Z").toEpochMilli();
    private static final String EXAMPLE = "{\"text\": \"t\", \"label\": \"l\"}";
    private static final String INPUT = "{\"text\": \"t\", \"source\": \"crm\"}";
    private static final String LABEL = "{\"id\": \"a\", \"label\": \"l\"}";

    private final IngestSettings whole = IngestSettings.of("unused:1", Path.of("unused"), Set.of("support"));
    private final Sending joining = sending(
            whole.with(new IngestSettings.Joining("in", "late", "unpaired", Duration.ofDays(7), Corrections.IGNORE)));

    @Test
    void aRecordGoesBackToTheTopicItCameFrom() {
        for (String topic : List.of("examples", "in", "late")) {
            assertThat(joining.topic(joining.targetOf(topic))).isEqualTo(topic);
        }
        assertThat(joining.targetOf("training-examples")).isEqualTo(Target.EXAMPLES);
    }

    @Test
    void whoeverReadsItIsAsked() {
        assertThat(objection(joining, "examples", EXAMPLE)).isEmpty();
        assertThat(objection(joining, "examples", LABEL)).contains("text_missing");
        assertThat(objection(joining, "late", LABEL)).isEmpty();
        assertThat(objection(joining, "late", EXAMPLE)).contains("id_invalid");
        assertThat(objection(joining, "in", INPUT)).isEmpty();
        assertThat(objection(joining, "in", "{\"text\": \"t\", \"source\": 1}")).contains("source_invalid");
    }

    @Test
    void nobodyReadsLabelsWhereTheyAreNotJoined() {
        Sending plain = sending(whole);
        assertThat(plain.targetOf("late")).isEqualTo(Target.EXAMPLES);
        assertThat(plain.targetOf("in")).isEqualTo(Target.INPUTS);
        assertThat(objection(plain, "in", "{\"text\": \"t\", \"source\": 1}"))
                .as("who answers texts does not look at it")
                .isEmpty();
    }

    private static Sending sending(IngestSettings settings) {
        return new Sending(settings, "in", TextProbe.ANY);
    }

    private static Optional<String> objection(Sending sending, String topic, String json) {
        return sending.objection(sending.targetOf(topic), json.getBytes(UTF_8), List.of(), NOW)
                .map(Rejection::reason);
    }
}
