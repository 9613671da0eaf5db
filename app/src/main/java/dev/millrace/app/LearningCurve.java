package dev.millrace.app;

import dev.millrace.registry.RegistryObserver;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.StepReport;
import dev.millrace.trainer.TrainingObserver;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Remembers every step and the versions of one pass, for progress and reports. Thread-safe. */
final class LearningCurve implements TrainingObserver, RegistryObserver {

    private final Clock clock;
    private final List<StepReport> steps = new ArrayList<>();
    private @Nullable Instant firstVersionAt;

    LearningCurve(Clock clock) {
        this.clock = clock;
    }

    @Override
    public synchronized void stepped(String model, StepReport report) {
        steps.add(report);
    }

    @Override
    public synchronized void published(VersionRecord version, Duration writing) {
        if (firstVersionAt == null) {
            firstVersionAt = clock.instant();
        }
    }

    synchronized Optional<Instant> firstVersionAt() {
        return Optional.ofNullable(firstVersionAt);
    }

    synchronized long examples() {
        return steps.isEmpty() ? 0 : last().totalExamples();
    }

    synchronized double prequential() {
        return steps.isEmpty() ? 0 : last().prequentialAccuracy();
    }

    /** Accuracy of the training pass itself, which the averaged weights are to beat. */
    synchronized double trainingAccuracy() {
        long correct = steps.stream().mapToLong(StepReport::trainingCorrect).sum();
        return steps.isEmpty() ? 0 : (double) correct / last().totalExamples();
    }

    /** Over the steps that began after three quarters of the examples. */
    synchronized double prequentialLastQuarter() {
        long from = examples() * 3 / 4;
        long examples = 0;
        long correct = 0;
        for (StepReport step : steps) {
            if (step.totalExamples() - step.fresh() >= from) {
                examples += step.fresh();
                correct += step.correct();
            }
        }
        return examples == 0 ? 0 : (double) correct / examples;
    }

    /** Median and 99th percentile of the time of a step, scoring included, in milliseconds. */
    synchronized List<Double> stepMillis() {
        List<Double> sorted = steps.stream()
                .map(step -> step.elapsed().toNanos() / 1e6)
                .sorted()
                .toList();
        return sorted.isEmpty()
                ? List.of(0.0, 0.0)
                : List.of(sorted.get(sorted.size() / 2), sorted.get(sorted.size() * 99 / 100));
    }

    private StepReport last() {
        return steps.get(steps.size() - 1);
    }
}
