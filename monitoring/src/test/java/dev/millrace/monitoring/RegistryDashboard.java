package dev.millrace.monitoring;

import static dev.millrace.monitoring.Dashboards.increaseOf;
import static dev.millrace.monitoring.Dashboards.max;
import static dev.millrace.monitoring.Dashboards.ofModel;
import static dev.millrace.monitoring.Dashboards.orZero;
import static dev.millrace.monitoring.Dashboards.quantile;
import static dev.millrace.monitoring.Dashboards.rate;
import static dev.millrace.monitoring.Dashboards.rateOf;

import dev.millrace.monitoring.Dashboard.Row;
import java.util.List;

/** Which versions there are, what the gate says of them, and who serves what. */
final class RegistryDashboard {

    private RegistryDashboard() {}

    static Dashboard page() {
        return new Dashboard(
                "registry",
                "Millrace registry",
                "Which versions there are, what the gate says of them, and how they are served.",
                List.of(versions(), deployments(), answers()));
    }

    private static Row versions() {
        return Row.of(
                "Versions",
                Panel.lines(
                        "Published and served",
                        Unit.NONE,
                        "Numbers of the newest version, and of the oldest one that still answers somewhere.",
                        max("millrace_registry_version", "{{model}} published"),
                        new Query("min by (model) (" + ofModel("millrace_serving_version") + ")", "{{model}} served")),
                Panel.lines(
                        "Age of the newest version",
                        Unit.SECONDS,
                        "It grows when the stream is idle, and when training stands still: compare with lag.",
                        max("millrace_registry_version_age_seconds", "{{model}}")),
                Panel.lines(
                        "Judged by the gate in the time shown",
                        Unit.COUNT,
                        "Versions that became champion, and versions that did not; `millrace registry show` says why.",
                        new Query(
                                "sum by (model, verdict) (increase("
                                        + ofModel("millrace_registry_versions_judged_total") + "[$__range]))",
                                "{{model}} {{verdict}}")),
                Panel.lines(
                                "Refused in a row",
                                Unit.COUNT,
                                "Versions refused since the gate last let one pass: what is learned meanwhile is not served.",
                                max("millrace_registry_versions_refused_in_a_row", "{{model}}"))
                        .badFrom(3),
                Panel.lines(
                        "Taken back in the time shown",
                        Unit.COUNT,
                        "Times a trainer took the champion back because it answered worse than an earlier version.",
                        new Query(increaseOf("millrace_registry_rollbacks_automatic_total"), "{{model}}")),
                Panel.lines(
                        "Failures of the store and of Kafka",
                        Unit.COUNT,
                        "Versions of the time shown that could not be written or published at the first try. They wait and are tried again.",
                        new Query(increaseOf("millrace_training_writes_failed_total"), "{{model}} write"),
                        new Query(increaseOf("millrace_training_publishes_failed_total"), "{{model}} publish")),
                Panel.lines(
                        "Writing a version",
                        Unit.SECONDS,
                        "Time until the files of a version were durable in the store.",
                        quantile(0.95, "millrace_registry_checkpoint_write_seconds", "{{model}} p95")),
                Panel.lines(
                        "Disk left",
                        Unit.SHARE,
                        "Share that is left of the disks where the data folder and the store lie. The alert is at 10%.",
                        new Query("place:millrace_disk_free:ratio", "{{instance}} {{place}}")),
                Panel.lines(
                        "Disk left, in bytes",
                        Unit.BYTES,
                        "The same in bytes; a version of the bundled model takes some 43 MB, and its training state 128 MB.",
                        new Query("min by (instance, place) (millrace_disk_free_bytes)", "{{instance}} {{place}}")));
    }

    private static Row deployments() {
        return Row.of(
                "Deployments",
                Panel.lines(
                                "From event to served",
                                Unit.SECONDS,
                                "Age of the newest example of a version when it began to serve. Low while events are old means producers are late.",
                                quantile(0.5, "millrace_serving_freshness_seconds", "{{model}} p50"),
                                quantile(0.95, "millrace_serving_freshness_seconds", "{{model}} p95"))
                        .badFrom(600),
                Panel.lines(
                        "Swapping to a version",
                        Unit.SECONDS,
                        "From seeing a record to serving its version: fetching, checking, loading. Requests go on meanwhile.",
                        quantile(0.95, "millrace_serving_swap_load_seconds", "{{model}} p95")),
                Panel.lines(
                                "Registry heard",
                                Unit.SECONDS,
                                "Time since a subscriber last read the registry to its end. It serves on meanwhile, perhaps an old version.",
                                new Query(
                                        "max by (instance, model) (" + ofModel("millrace_serving_registry_age_seconds")
                                                + ")",
                                        "{{instance}} {{model}}"))
                        .badFrom(60),
                Panel.lines(
                        "Refused by subscribers, reports lost",
                        Unit.COUNT,
                        "Versions of the time shown that could not be verified or loaded, and reports of what is served that Kafka did not take.",
                        new Query(increaseOf("millrace_serving_versions_refused_total"), "{{model}} refused"),
                        new Query(increaseOf("millrace_serving_reports_dropped_total"), "{{model}} report lost")),
                Panel.lines(
                        "Trial with a canary",
                        Unit.PER_SECOND,
                        "Requests by the alias whose version answered them; zero without a trial.",
                        new Query(
                                orZero("sum by (model, alias) (rate(" + ofModel("millrace_serving_routed_total")
                                        + "[$__rate_interval]))"),
                                "{{model}} {{alias}}")),
                Panel.lines(
                        "Trial in the shadow",
                        Unit.PER_SECOND,
                        "What a version on trial said beside the one that answered: the same, another, nothing in time; zero without a trial.",
                        new Query(
                                orZero("sum by (model, outcome) (rate(" + ofModel("millrace_serving_shadowed_total")
                                        + "[$__rate_interval]))"),
                                "{{model}} {{outcome}}")));
    }

    private static Row answers() {
        return Row.of(
                "Answers",
                Panel.lines(
                        "Answered in a second",
                        Unit.PER_SECOND,
                        "Texts answered together in batches, and predictions committed to their topic.",
                        new Query(rateOf("millrace_scoring_batch_texts_sum"), "{{model}} texts"),
                        rate("millrace_scoring_predictions_total", "{{model}} predictions")),
                Panel.lines(
                        "Waiting for an answer",
                        Unit.SECONDS,
                        "How long the first request of a batch had waited when the batch was taken.",
                        quantile(0.5, "millrace_scoring_wait_seconds", "{{model}} p50"),
                        quantile(0.95, "millrace_scoring_wait_seconds", "{{model}} p95")),
                Panel.lines(
                        "Queue, and turned away",
                        Unit.COUNT,
                        "Texts that wait now, and requests of the time shown that were answered with 503 because too many waited.",
                        max("millrace_scoring_queue_texts", "{{model}} waiting"),
                        new Query(increaseOf("millrace_scoring_refused_total"), "{{model}} turned away")));
    }
}
