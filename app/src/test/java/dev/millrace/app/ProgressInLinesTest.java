package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressInLinesTest {

    private final AtomicLong nanos = new AtomicLong();
    private final StringWriter err = new StringWriter();
    private final Surroundings around = new Surroundings(
            Map.of(),
            Path.of(""),
            InputStream.nullInputStream(),
            new PrintWriter(new StringWriter()),
            new PrintWriter(err),
            false,
            Clock.systemUTC(),
            nanos::get);

    @Test
    void showsALineAfterEachPauseAndOneAtTheEnd() {
        try (Progress progress = new ProgressInLines(around, "Training", "examples", 100, Duration.ofSeconds(10))) {
            progress.to(10);
            nanos.addAndGet(Duration.ofSeconds(10).toNanos());
            progress.note("accuracy 0.87");
            progress.to(20);
            progress.to(30);
            nanos.addAndGet(Duration.ofSeconds(5).toNanos());
            progress.to(60);
        }

        assertThat(err.toString().lines())
                .containsExactly(
                        "Training: 20 of 100 examples, 2/s, accuracy 0.87",
                        "Training: 60 of 100 examples, 4/s, accuracy 0.87");
    }

    @Test
    void saysNoTotalWhenThereIsNone() {
        new ProgressInLines(around, "Sending", "examples", -1, Duration.ofSeconds(10)).close();

        assertThat(err.toString().lines()).containsExactly("Sending: 0 examples");
    }
}
