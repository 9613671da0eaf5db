package dev.millrace.monitoring;

import dev.millrace.trainer.Drift;
import dev.millrace.trainer.StepReport;
import dev.millrace.trainer.TrainingActivity;
import dev.millrace.trainer.TrainingObserver;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter.MeterProvider;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** What the trainer does, counted, timed and gauged, each model apart. */
final class TrainingMetrics implements TrainingObserver {

    private static final Duration[] STEP_BUCKETS =
            Buckets.ofMillis(10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000);
    private static final Duration[] STALL_BUCKETS = Buckets.ofMillis(1, 5, 10, 25, 50, 100, 250, 500, 1000, 5000);

    private static final String LAG = "millrace.training.lag";
    private static final String PROGRESS_AGE = "millrace.training.progress.age";

    private final MeterRegistry registry;
    private final Clock clock;
    private final Consumer<String> whenClosed;
    private final MeterProvider<Counter> threadTime;
    private final MeterProvider<Timer> stalls;
    private final MeterProvider<Counter> writesFailed;
    private final MeterProvider<Counter> publishesFailed;
    private final MeterProvider<Counter> batchesSetAside;
    private final MeterProvider<Counter> examplesSetAside;
    private final MeterProvider<Counter> drifts;
    private final MeterProvider<Counter> labelDrifts;
    private final MeterProvider<Counter> answered;
    private final MeterProvider<Counter> answeredCorrect;
    private final Map<String, Steps> steps = new ConcurrentHashMap<>();
    private final Map<String, AtomicLong> lags = new ConcurrentHashMap<>();
    private final Map<String, AtomicLong> progressed = new ConcurrentHashMap<>();

    /** Meters of no model yet; {@code whenClosed} is told which model is no longer held here. */
    TrainingMetrics(MeterRegistry registry, Clock clock, Consumer<String> whenClosed) {
        this.registry = registry;
        this.clock = clock;
        this.whenClosed = whenClosed;
        threadTime = Counter.builder("millrace.training.thread")
                .description(
                        "What the training thread did: step, snapshot, publish, waiting (although there are examples), idle (there are none), other")
                .baseUnit("seconds")
                .withRegistry(registry);
        stalls = Timer.builder("millrace.training.snapshot.stall")
                .description("How long the training thread was held up by taking a snapshot of the model")
                .serviceLevelObjectives(STALL_BUCKETS)
                .withRegistry(registry);
        writesFailed = Counter.builder("millrace.training.writes.failed")
                .description("Times that the files of a version could not be written; it waits and is written again")
                .withRegistry(registry);
        publishesFailed = Counter.builder("millrace.training.publishes.failed")
                .description("Times that a version could not be published; it waits and is published again")
                .withRegistry(registry);
        batchesSetAside = Counter.builder("millrace.training.batches.set.aside")
                .description(
                        "Mini-batches that were given up, because their loss or gradient was not finite in two tries")
                .withRegistry(registry);
        examplesSetAside = Counter.builder("millrace.training.examples.set.aside")
                .description("Examples of mini-batches that were given up; they go to the dead letters as non_finite")
                .withRegistry(registry);
        drifts = Counter.builder("millrace.training.drifts")
                .description("Times that the answers became worse over all labels, more than chance explains")
                .withRegistry(registry);
        labelDrifts = Counter.builder("millrace.training.label.drifts")
                .description("Times that the answers became worse for one label; the log says which")
                .withRegistry(registry);
        answered = Counter.builder("millrace.training.frozen.examples")
                .description("Examples that a frozen model answered and did not learn")
                .withRegistry(registry);
        answeredCorrect = Counter.builder("millrace.training.frozen.correct")
                .description("Examples that a frozen model answered right")
                .withRegistry(registry);
    }

    @Override
    public void stepped(String model, StepReport report) {
        beginAtZero(model);
        progressed(model).set(clock.millis());
        steps.computeIfAbsent(model, name -> new Steps(registry, name, report)).add(report);
    }

    @Override
    public void lag(String model, long records) {
        beginAtZero(model);
        progressed(model);
        lags.computeIfAbsent(model, this::lagOf).set(records);
    }

    @Override
    public void closed(String model) {
        lags.remove(model);
        progressed.remove(model);
        new ModelGauges(registry, model).remove(LAG, PROGRESS_AGE);
        whenClosed.accept(model);
    }

    @Override
    public void snapshot(String model, Duration stall) {
        stalls.withTag("model", model).record(stall);
    }

    @Override
    public void spent(TrainingActivity activity, Duration time) {
        threadTime.withTag("activity", activity.name().toLowerCase(Locale.ROOT)).increment(time.toNanos() / 1e9);
    }

    @Override
    public void answered(String model, int examples, int correct) {
        progressed(model).set(clock.millis());
        answered.withTag("model", model).increment(examples);
        answeredCorrect.withTag("model", model).increment(correct);
        Steps known = steps.get(model);
        if (known != null) {
            known.answered(examples, correct);
        }
    }

    @Override
    public void drifted(String model, Drift drift) {
        (drift.label() == null ? drifts : labelDrifts).withTag("model", model).increment();
    }

    @Override
    public void setAside(String model, int examples) {
        batchesSetAside.withTag("model", model).increment();
        examplesSetAside.withTag("model", model).increment(examples);
    }

    /** An alert on a rise must see what it rises from. */
    private void beginAtZero(String model) {
        for (MeterProvider<Counter> counter : List.of(
                batchesSetAside,
                examplesSetAside,
                drifts,
                labelDrifts,
                answered,
                answeredCorrect,
                writesFailed,
                publishesFailed)) {
            counter.withTag("model", model).increment(0);
        }
    }

    @Override
    public void writeFailed(String model, long version, IOException cause) {
        writesFailed.withTag("model", model).increment();
    }

    @Override
    public void publishFailed(String model, long version, RuntimeException cause) {
        publishesFailed.withTag("model", model).increment();
    }

    private AtomicLong lagOf(String model) {
        AtomicLong lag = new AtomicLong();
        new ModelGauges(registry, model)
                .add(LAG, "records", "Records of the ledger that are not trained on yet", lag::get);
        return lag;
    }

    /** When a model last went on; it begins with the moment it was first heard of. */
    private AtomicLong progressed(String model) {
        return progressed.computeIfAbsent(model, name -> {
            AtomicLong millis = new AtomicLong(clock.millis());
            new ModelGauges(registry, name)
                    .add(
                            PROGRESS_AGE,
                            "seconds",
                            "Time since a mini-batch of the model was last learned or, where it is frozen, answered; of little meaning while there is no lag",
                            () -> (clock.millis() - millis.get()) / 1000.0);
            return millis;
        });
    }

    /** The meters of one model's steps. */
    private static final class Steps {

        private record Accuracy(long examples, long correct) {

            double share() {
                return examples == 0 ? 0 : (double) correct / examples;
            }
        }

        private volatile StepReport latest;
        private volatile Accuracy accuracy;
        private final Timer time;
        private final Counter fresh;
        private final Counter rehearsed;
        private final Counter correct;
        private final Counter passCorrect;

        Steps(MeterRegistry registry, String model, StepReport first) {
            latest = first;
            accuracy = new Accuracy(first.totalExamples(), first.totalCorrect());
            time = Timer.builder("millrace.training.step")
                    .description("Time of one training step, scoring and learning together")
                    .tag("model", model)
                    .serviceLevelObjectives(STEP_BUCKETS)
                    .register(registry);
            fresh = counter(registry, model, "millrace.training.examples", "Fresh examples trained on");
            rehearsed =
                    counter(registry, model, "millrace.training.rehearsed", "Examples of the past trained on again");
            correct = counter(
                    registry,
                    model,
                    "millrace.training.prequential.correct",
                    "Fresh examples that the answer, as versions serve it, had right before learning them");
            passCorrect = counter(
                    registry,
                    model,
                    "millrace.training.pass.correct",
                    "Fresh examples that the training weights had right in the step's own pass");

            new ModelGauges(registry, model)
                    .add(
                            "millrace.training.prequential.accuracy",
                            "ratio",
                            "Share of all examples since the base that the answer, as versions serve it, had right before learning them",
                            () -> accuracy.share())
                    .add(
                            "millrace.training.pass.accuracy",
                            "ratio",
                            "Share of the examples since the start of this process that the training weights had right",
                            () -> passCorrect.count() / Math.max(1, fresh.count()))
                    .add(
                            "millrace.training.loss",
                            "nats",
                            "Mean cross-entropy of the latest mini-batch",
                            () -> latest.loss())
                    .add(
                            "millrace.training.gradient.norm",
                            null,
                            "Norm of the latest gradient before clipping",
                            () -> latest.gradientNorm())
                    .add("millrace.training.labels", null, "Labels the model knows", () -> latest.labels())
                    .add(
                            "millrace.training.calibration.error",
                            "ratio",
                            "Expected calibration error of the answers, over the latest thousand or so: how far confidences lie from how often they are right",
                            () -> latest.votes().calibrationError());
            for (String voter : first.votes().correct().keySet()) {
                voters(registry, model, voter);
            }
        }

        /** Who answers is fixed for the life of a model, and there are three at most. */
        private void voters(MeterRegistry registry, String model, String voter) {
            Gauge.builder("millrace.training.voter.accuracy", this, steps -> steps.accuracyOf(voter))
                    .description(
                            "Share of all examples since the base that one voter alone had right before learning them")
                    .baseUnit("ratio")
                    .tags("model", model, "voter", voter)
                    .register(registry);
            Gauge.builder(
                            "millrace.training.voter.weight",
                            this,
                            steps -> steps.latest.votes().weights().getOrDefault(voter, 0.0))
                    .description("How much one voter counts in the answer")
                    .tags("model", model, "voter", voter)
                    .register(registry);
        }

        private double accuracyOf(String voter) {
            StepReport.Votes votes = latest.votes();
            return (double) votes.correct().getOrDefault(voter, 0L) / Math.max(1, votes.examples());
        }

        void add(StepReport report) {
            time.record(report.elapsed());
            fresh.increment(report.fresh());
            rehearsed.increment(report.rehearsed());
            correct.increment(report.correct());
            passCorrect.increment(report.trainingCorrect());
            latest = report;
            accuracy = new Accuracy(report.totalExamples(), report.totalCorrect());
        }

        /** What a frozen model answers counts in its accuracy since the base, as it does in its versions. */
        void answered(int examples, int right) {
            accuracy = new Accuracy(accuracy.examples() + examples, accuracy.correct() + right);
        }

        private static Counter counter(MeterRegistry registry, String model, String name, String description) {
            return Counter.builder(name)
                    .description(description)
                    .tag("model", model)
                    .register(registry);
        }
    }
}
