package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryCeilingTest {

    private static final long MB = 1 << 20;

    @Test
    void whatIsAboveItIsToldWithWhatToDo() {
        assertThat(new MemoryCeiling(900 * MB, () -> 901 * MB).failure())
                .hasValueSatisfying(failure -> assertThat(failure)
                        .hasMessageContaining("takes 901 MB")
                        .hasMessageContaining("memory-ceiling-bytes allows 900 MB")
                        .hasMessageContaining("trainer.rehearsal-capacity"));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 900})
    void whatIsBelowItOrNotKnownIsFine(long megabytes) {
        assertThat(new MemoryCeiling(900 * MB, () -> megabytes * MB).failure()).isEmpty();
    }

    @Test
    void withoutOneNobodyLooks() {
        assertThat(new MemoryCeiling(0, () -> fail("asked")).failure()).isEmpty();
    }
}
