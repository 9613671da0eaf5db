package dev.millrace.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class PredictionJsonTest {

    private static final PredictionRecord PREDICTION = new PredictionRecord(
            "c9f1",
            "support",
            12,
            List.of(new PredictionRecord.Score("card_arrival", 0.75), new PredictionRecord.Score("lost_card", 0.125)),
            new PredictionRecord.Input("inputs", 3, 4711),
            Instant.parse("2026-11-24T10:00:00Z"));

    private static final String GOLDEN = "{\"schema\":1,\"id\":\"c9f1\",\"model\":\"support\",\"version\":12,"
            + "\"label\":\"card_arrival\",\"confidence\":0.75,"
            + "\"top\":[{\"label\":\"card_arrival\",\"confidence\":0.75},{\"label\":\"lost_card\",\"confidence\":0.125}],"
            + "\"input\":{\"topic\":\"inputs\",\"partition\":3,\"offset\":4711},\"time\":\"2026-11-24T10:00:00Z\"}";

    @Test
    void theBytesOfAPredictionStayTheSameAndCanBeRead() {
        assertThat(new String(PredictionJson.write(PREDICTION), StandardCharsets.UTF_8))
                .isEqualTo(GOLDEN);
        assertThat(read(GOLDEN)).isEqualTo(PREDICTION);
        assertThat(read(GOLDEN.replace("{\"schema\"", "{\"new\":{},\"schema\"")))
                .isEqualTo(PREDICTION);
    }

    @Test
    void whatIsNoPredictionIsRefusedByName() {
        assertThatThrownBy(() -> read(GOLDEN.replace("\"schema\":1", "\"schema\":2")))
                .isInstanceOf(RegistryFormatException.class)
                .hasMessageContaining("schema 2");
        assertThatThrownBy(() -> read(GOLDEN.replace("0.125", "\"much\"")))
                .isInstanceOf(RegistryFormatException.class)
                .hasMessage("'top[1].confidence' must be a number, but is string");
        assertThatThrownBy(() -> read(GOLDEN.replace("0.125", "1.5")))
                .isInstanceOf(RegistryFormatException.class)
                .hasMessageContaining("confidence must be from 0 to 1, but is 1.5");
    }

    private static PredictionRecord read(String json) {
        return PredictionJson.read(json.getBytes(StandardCharsets.UTF_8));
    }
}
