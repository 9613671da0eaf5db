package dev.millrace.monitoring;

import static dev.millrace.monitoring.Dashboards.max;
import static dev.millrace.monitoring.Dashboards.ofModel;
import static dev.millrace.monitoring.Dashboards.quantile;
import static dev.millrace.monitoring.Dashboards.rate;

import dev.millrace.monitoring.Dashboard.Row;
import java.util.List;

/** Does it learn, how fast, and how well. */
final class TrainingDashboard {

    private static final String BUSY =
            "rate(millrace_training_thread_seconds_total{activity!=\"idle\"}[$__rate_interval])";

    private TrainingDashboard() {}

    static Dashboard page() {
        return new Dashboard(
                "training",
                "Millrace training",
                "Does it learn, how fast, and how well.",
                List.of(pace(), learning(), quality()));
    }

    private static Row pace() {
        return Row.of(
                "Pace",
                Panel.lines(
                                "Lag",
                                Unit.COUNT,
                                "Examples in the ledger that are not trained on yet. A steady slope means that more comes than is learned.",
                                max("millrace_training_lag_records", "{{model}}"))
                        .badFrom(500),
                Panel.lines(
                                "Time since it last went on",
                                Unit.SECONDS,
                                "Time since a mini-batch was learned. Without lag it means nothing; with lag, training stands still.",
                                max("millrace_training_progress_age_seconds", "{{model}}"))
                        .badFrom(300),
                Panel.lines(
                        "Examples trained on",
                        Unit.PER_SECOND,
                        "Fresh ones, and those of the past that are learned again beside them (rehearsal).",
                        rate("millrace_training_examples_total", "{{model}} fresh"),
                        rate("millrace_training_rehearsed_total", "{{model}} rehearsed")),
                Panel.lines(
                        "Step time",
                        Unit.SECONDS,
                        "One step scores and learns one mini-batch. A rise at a steady batch size means a busy machine or longer texts.",
                        quantile(0.5, "millrace_training_step_seconds", "{{model}} p50"),
                        quantile(0.95, "millrace_training_step_seconds", "{{model}} p95")),
                Panel.lines(
                        "What the training thread does",
                        Unit.SHARE,
                        "Shares of its time while there is anything to learn. All but the steps is lost: copies for versions, waiting for records or for the version before, and the rest.",
                        new Query(
                                "sum by (activity) (" + BUSY + ") / on () group_left () sum(" + BUSY + ")",
                                "{{activity}}")),
                Panel.lines(
                        "Snapshot stall",
                        Unit.SECONDS,
                        "How long the training thread was held up by copying the model for a version.",
                        quantile(0.95, "millrace_training_snapshot_stall_seconds", "{{model}} p95")),
                Panel.lines(
                        "Frozen: answered, not learned",
                        Unit.PER_SECOND,
                        "Examples that a model answered which `millrace control` has frozen; zero for all others.",
                        rate("millrace_training_frozen_examples_total", "{{model}} answered"),
                        rate("millrace_training_frozen_correct_total", "{{model}} right")));
    }

    private static Row learning() {
        return Row.of(
                "Learning",
                Panel.lines(
                        "Loss",
                        Unit.NATS,
                        "Mean cross-entropy of the latest mini-batch. It jumps when a label is new, and falls as it is learned.",
                        max("millrace_training_loss_nats", "{{model}}")),
                Panel.lines(
                        "Gradient norm",
                        Unit.NONE,
                        "Norm of the latest gradient before it is clipped. Steadily far above the clip, the learning rate is too high.",
                        max("millrace_training_gradient_norm", "{{model}}")),
                Panel.lines(
                                "Mini-batches given up",
                                Unit.COUNT,
                                "Mini-batches of the time shown whose loss or gradient was not finite in two tries. Three in a row stop the trainer.",
                                new Query(
                                        Dashboards.increaseOf("millrace_training_batches_set_aside_total"),
                                        "{{model}}"))
                        .badFrom(0.5));
    }

    private static Row quality() {
        return Row.of(
                "Quality",
                Panel.lines(
                        "Accuracy before learning, recent",
                        Unit.SHARE,
                        "Share of recent fresh examples that the answer had right before learning them, and that the training weights had right in their own pass.",
                        new Query(
                                Dashboards.rateOf("millrace_training_prequential_correct_total") + " / "
                                        + Dashboards.rateOf("millrace_training_examples_total"),
                                "{{model}} answer"),
                        new Query(
                                Dashboards.rateOf("millrace_training_pass_correct_total") + " / "
                                        + Dashboards.rateOf("millrace_training_examples_total"),
                                "{{model}} training weights")),
                Panel.lines(
                        "Accuracy before learning, overall",
                        Unit.SHARE,
                        "The same over all examples since the base, and over those since the start of the process for the training weights.",
                        max("millrace_training_prequential_accuracy_ratio", "{{model}} answer"),
                        max("millrace_training_pass_accuracy_ratio", "{{model}} training weights")),
                Panel.lines(
                        "Accuracy of each voter",
                        Unit.SHARE,
                        "What each voter alone had right, since the base: what fine-tuning is worth beside learners on frozen embeddings.",
                        new Query(
                                "max by (model, voter) (" + ofModel("millrace_training_voter_accuracy_ratio") + ")",
                                "{{model}} {{voter}}")),
                Panel.lines(
                        "Weight of each voter",
                        Unit.NONE,
                        "How much each voter counts in the answer, as learned from what it had right.",
                        new Query(
                                "max by (model, voter) (" + ofModel("millrace_training_voter_weight") + ")",
                                "{{model}} {{voter}}")),
                Panel.lines(
                        "Calibration error",
                        Unit.SHARE,
                        "How far confidences lie from how often they are right, over the latest thousand answers or so.",
                        max("millrace_training_calibration_error_ratio", "{{model}}")));
    }
}
