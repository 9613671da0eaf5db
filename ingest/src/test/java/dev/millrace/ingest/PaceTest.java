package dev.millrace.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PaceTest {

    private long now = Long.MAX_VALUE - 500_000_000;
    private final List<Long> waits = new ArrayList<>();

    @Test
    void spreadsRecordsEvenly() {
        Pace pace = Pace.perSecond(4, () -> now, this::park);
        for (int i = 0; i < 4; i++) {
            pace.await();
        }
        assertThat(waits).containsExactly(250_000_000L, 250_000_000L, 250_000_000L);
    }

    @Test
    void catchesUpAfterADelay() {
        Pace pace = Pace.perSecond(10, () -> now, this::park);
        pace.await();
        now += 250_000_000;
        pace.await();
        pace.await();
        assertThat(waits).isEmpty();
        pace.await();
        assertThat(waits).containsExactly(50_000_000L);
    }

    @Test
    void waitsOnWhenWokenEarly() {
        Pace pace = Pace.perSecond(1, () -> now, nanos -> {
            waits.add(nanos);
            now += nanos / 2 + 1;
        });
        pace.await();
        pace.await();
        assertThat(waits).hasSizeGreaterThan(2).startsWith(1_000_000_000L);
    }

    @Test
    void refusesARateThatIsNone() {
        for (double rate : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> Pace.perSecond(rate))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("above 0");
        }
    }

    private void park(long nanos) {
        waits.add(nanos);
        now += nanos;
    }
}
