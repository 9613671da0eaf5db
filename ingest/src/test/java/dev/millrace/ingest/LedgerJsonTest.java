package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Records that lie in a ledger are read for as long as it is kept: their bytes do not change. */
class LedgerJsonTest {

    private static final String REST =
            ",\"time\":\"2026-11-24T10:00:00Z\",\"by\":\"ann\",\"reason\":\"the \\\"new\\\" names\"}";

    @Test
    void everyControlHasItsBytes() {
        check(
                new ControlRecord.Set(Map.of("seed", "7", "batch-size", "16")),
                "\"control\":\"set\",\"model\":\"support\",\"settings\":{\"batch-size\":\"16\",\"seed\":\"7\"}");
        check(new ControlRecord.Pause(), "\"control\":\"pause\",\"model\":\"support\"");
        check(new ControlRecord.Resume(), "\"control\":\"resume\",\"model\":\"support\"");
        check(new ControlRecord.Freeze(), "\"control\":\"freeze\",\"model\":\"support\"");
        check(new ControlRecord.Checkpoint(), "\"control\":\"checkpoint\",\"model\":\"support\"");
        check(
                new ControlRecord.Forget(OffsetRanges.parse("3..5,9"), "source crm"),
                "\"control\":\"forget\",\"model\":\"support\",\"offsets\":[[3,5],[9,9]],\"selection\":\"source crm\"");
        check(
                new ControlRecord.RetireLabel("größe"),
                "\"control\":\"retire-label\",\"model\":\"support\",\"label\":\"größe\"");
        check(
                new ControlRecord.RenameLabel("lost", "not found"),
                "\"control\":\"rename-label\",\"model\":\"support\",\"label\":\"lost\",\"to\":\"not found\"");
    }

    private static void check(ControlRecord.Action action, String fields) {
        ControlRecord control =
                new ControlRecord("support", action, Instant.parse("2026-11-24T10:00:00Z"), "ann", "the \"new\" names");
        byte[] golden = ("{" + fields + REST).getBytes(StandardCharsets.UTF_8);

        assertThat(new String(LedgerJson.write(control), StandardCharsets.UTF_8))
                .isEqualTo(new String(golden, StandardCharsets.UTF_8));
        assertThat(LedgerJson.read(golden)).isEqualTo(control);
    }

    @Test
    void refusesLabelsThatCannotBe() {
        assertThatThrownBy(() -> new ControlRecord.RetireLabel(" "))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("label must be a label");
        assertThatThrownBy(() -> new ControlRecord.RenameLabel("a", "b".repeat(201)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("to must be a label");
        assertThatThrownBy(() -> new ControlRecord.RenameLabel("a", "a"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("another name");
        assertThatThrownBy(() -> LedgerJson.read(
                        "{\"control\":\"merge\",\"model\":\"support\"}".getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("newer release");
    }
}
