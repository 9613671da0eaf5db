package dev.millrace.app;

import dev.millrace.registry.RegistryObserver;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.StepReport;
import dev.millrace.trainer.TrainingObserver;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Remembers every step and the versions of one pass, for progress and reports. Thread-safe. */
final class LearningCurve implements TrainingObserver, RegistryObserver {

    private final Clock clock;
    private final List<StepReport> steps = new ArrayList<>();
    private final List<String> answers = new ArrayList<>();
    private final List<Long> versionsAt = new ArrayList<>();
    private @Nullable Instant firstVersionAt;

    LearningCurve(Clock clock) {
        this.clock = clock;
    }

    @Override
    public synchronized void stepped(String model, StepReport report) {
        steps.add(report);
        answers.addAll(report.answers());
    }

    @Override
    public synchronized void setAside(String model, int examples) {
        answers.addAll(Collections.nCopies(examples, ""));
    }

    @Override
    public synchronized void published(VersionRecord version, Duration writing) {
        versionsAt.add(version.examples());
        if (firstVersionAt == null) {
            firstVersionAt = clock.instant();
        }
    }

    synchronized Optional<Instant> firstVersionAt() {
        return Optional.ofNullable(firstVersionAt);
    }

    /** After how many examples each version was made. */
    synchronized List<Long> versionsAt() {
        return List.copyOf(versionsAt);
    }

    /** After how many examples a drift of all labels was found. */
    synchronized List<Long> driftsFound() {
        return steps.stream()
                .filter(step -> step.drifts().stream().anyMatch(drift -> drift.label() == null))
                .map(StepReport::totalExamples)
                .toList();
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

    /**
     * What the model answered to each example before it learned it, in the order of the ledger.
     *
     * @return a label for each; an empty string where none was known, or where the example's mini-batch was given up
     */
    synchronized List<String> answers() {
        return List.copyOf(answers);
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
