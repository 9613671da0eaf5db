package dev.millrace.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BackoffTest {

    private static final Duration CAP = Duration.ofSeconds(64);

    @Test
    void doublesUpToTheCap() {
        Backoff longest = new Backoff(Duration.ofSeconds(1), CAP, () -> 1);
        assertThat(IntStream.of(1, 2, 3, 4, 7, 8, 1000, Integer.MAX_VALUE).mapToObj(longest))
                .extracting(Duration::toSeconds)
                .containsExactly(1L, 2L, 4L, 8L, 64L, 64L, 64L, 64L);
    }

    @Test
    void isShortenedByAHalfAtMost() {
        assertThat(new Backoff(Duration.ofSeconds(1), CAP, () -> 0).apply(3)).isEqualTo(Duration.ofSeconds(2));
        assertThat(new Backoff(Duration.ofSeconds(1), CAP, () -> 0.5).apply(3)).isEqualTo(Duration.ofSeconds(3));
        assertThat(IntStream.range(0, 200).mapToObj(i -> Backoff.standard().apply(1)))
                .allMatch(delay -> delay.toMillis() >= 500 && delay.toMillis() <= 1000)
                .doesNotHaveDuplicates();
    }
}
