package dev.millrace.monitoring;

import dev.millrace.registry.LogPosition;
import dev.millrace.registry.ShadowOutcome;
import dev.millrace.registry.Verdict;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.StepReport;
import dev.millrace.trainer.TrainingActivity;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Metrics that were told once of everything that can happen. */
final class Fed {

    static final Instant NOON = Instant.parse("2026-11-24T12:00:00Z");

    private Fed() {}

    static Metrics once(Clock clock) {
        Metrics metrics = new Metrics(clock);
        metrics.built("1.0", "PyTorch 2.7.1", "cpu", "float32");
        metrics.watchDisk("store", Path.of("target"));
        Health health = new Health(Clock.systemUTC());
        health.register("serving-support", Optional::empty);
        metrics.watch(health);
        metrics.beginIngest(Set.of("support"), Set.of("not_json"));
        metrics.ingest().accepted("support");
        metrics.ingest().duplicate("support");
        metrics.ingest().shed("support");
        metrics.ingest().rejected("not_json");
        metrics.ingest().paired("support");
        metrics.ingest().unpaired("support", "input");
        metrics.ingest().corrected("support", true);
        metrics.training().lag("support", 12);
        metrics.training().snapshot("support", Duration.ofMillis(7));
        metrics.training().stepped("support", step(1, 20, 10));
        metrics.training().spent(TrainingActivity.STEP, Duration.ofMillis(105));
        metrics.training().writeFailed("support", 3, new IOException("full"));
        metrics.training().publishFailed("support", 3, new IllegalStateException("gone"));
        VersionRecord version = version(3, NOON.minusSeconds(9));
        metrics.registry().published(version, Duration.ofMillis(300));
        metrics.registry().judged(new Verdict("support", 3, 2L, List.of(), NOON, "trainer"));
        metrics.registry().swapped(version, Duration.ofMillis(80), Duration.ofSeconds(9));
        metrics.registry().refused(version, new IOException("gone"));
        metrics.registry().heard("support");
        metrics.registry().reportDropped("support");
        metrics.registry().routed("support", "candidate");
        metrics.registry().shadowed("support", ShadowOutcome.DISAGREED);
        metrics.scoring().queued("support", 3);
        metrics.scoring().taken("support", 3, Duration.ofMillis(4));
        metrics.scoring().refused("support");
        metrics.scoring().predicted("support", 3);
        return metrics;
    }

    /** A step of 32 fresh examples, the {@code number}th. */
    static StepReport step(long number, int correct, int trainingCorrect) {
        return new StepReport(
                number,
                32,
                30,
                0.5,
                2.5,
                correct,
                trainingCorrect,
                32 * number,
                correct * number,
                11,
                List.of(),
                new StepReport.Votes(
                        32 * number,
                        Map.of("fine-tuned", correct * number, "neighbours", 3 * number),
                        Map.of("fine-tuned", 0.7, "neighbours", 0.1),
                        0.02),
                List.of(),
                StepReport.Arithmetic.NONE,
                Duration.ofMillis(105));
    }

    static VersionRecord version(long number, @Nullable Instant newestExample) {
        return new VersionRecord(
                "support",
                number,
                NOON.minusSeconds(5),
                null,
                "minilm",
                List.of(),
                List.of("card"),
                new LogPosition("training-examples", 0, 32),
                32,
                1,
                newestExample,
                Map.of(),
                "0",
                Map.of(),
                Map.of(),
                null);
    }
}
