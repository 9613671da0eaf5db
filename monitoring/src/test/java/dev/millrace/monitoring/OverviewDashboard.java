package dev.millrace.monitoring;

import static dev.millrace.monitoring.Dashboards.max;
import static dev.millrace.monitoring.Dashboards.ofModel;
import static dev.millrace.monitoring.Dashboards.rate;

import dev.millrace.monitoring.Dashboard.Row;
import java.util.List;

/** Is it healthy, and where to look when it is not. */
final class OverviewDashboard {

    private static final String NEXT = """
            Green is healthy. Begin with what is red, from left to right: what is further left explains what is further right.

            | red | look next |
            |---|---|
            | Processes down, Checks failing | `/readyz` of the process says what is wrong; then [Millrace runtime](/d/millrace-runtime) |
            | Alerts firing | the runbook, docs/runbook.md, has a section for each |
            | Lag, Not finite | [Millrace training](/d/millrace-training) |
            | Dead letters | [Millrace data quality](/d/millrace-data-quality) |
            | Freshness, Refused in a row, Registry heard | [Millrace registry](/d/millrace-registry) |
            | Disk left | [Millrace registry](/d/millrace-registry), then `millrace registry sweep` |
            """;

    private OverviewDashboard() {}

    static Dashboard page() {
        return new Dashboard(
                "overview",
                "Millrace overview",
                "Is it healthy, and where to look when it is not.",
                List.of(health(), flow(), answers()));
    }

    private static Row health() {
        return Row.of(
                "Is it healthy?",
                Panel.stat(
                                "Processes down",
                                Unit.COUNT,
                                "Processes that Prometheus cannot reach. Nothing else on this page is true of them.",
                                "count(up{job=\"millrace\"} == 0) or vector(0)")
                        .badFrom(1),
                Panel.stat(
                                "Checks failing",
                                Unit.COUNT,
                                "Checks of health that find a problem, in all processes; /readyz says which and why.",
                                "count(millrace_health_check == 0) or vector(0)")
                        .badFrom(1),
                Panel.stat(
                                "Alerts firing",
                                Unit.COUNT,
                                "Alerts of monitoring/alerts.yml that fire now. Each has a section in docs/runbook.md.",
                                "count(ALERTS{alertstate=\"firing\", alertname=~\"Millrace.*\"}) or vector(0)")
                        .badFrom(1),
                Panel.stat(
                                "Lag",
                                Unit.COUNT,
                                "Examples in the ledger that are not trained on yet. A hill is normal, a slope is not.",
                                "max(" + ofModel("millrace_training_lag_records") + ")")
                        .badFrom(500, 5000),
                Panel.stat(
                                "Not finite",
                                Unit.COUNT,
                                "Mini-batches of the time shown that were given up for a loss or gradient that is not finite.",
                                "sum(increase(" + ofModel("millrace_training_batches_set_aside_total") + "[$__range]))")
                        .badFrom(0.5),
                Panel.stat(
                                "Dead letters",
                                Unit.SHARE,
                                "Share of the records of the last ten minutes that broke the contract. The alert is at 5%.",
                                "max(job:millrace_ingest_rejected:ratio_rate10m)")
                        .badFrom(0.01, 0.05),
                Panel.stat(
                                "Freshness",
                                Unit.SECONDS,
                                "From event to served: nine of ten versions of the last half hour were served within this. The alert is at ten minutes.",
                                "max(" + ofModel("model:millrace_serving_freshness_seconds:p90_rate30m") + ")")
                        .badFrom(300, 600),
                Panel.stat(
                                "Refused in a row",
                                Unit.COUNT,
                                "Versions that the gate has refused since it last let one pass. The alert is at three.",
                                "max(" + ofModel("millrace_registry_versions_refused_in_a_row") + ")")
                        .badFrom(1, 3),
                Panel.stat(
                                "Registry heard",
                                Unit.SECONDS,
                                "Time since a subscriber last read the registry to its end; what it serves may be older than it knows.",
                                "max(" + ofModel("millrace_serving_registry_age_seconds") + ")")
                        .badFrom(30, 60),
                Panel.stat(
                                "Disk left",
                                Unit.SHARE,
                                "Share of the fullest disk of data or store that is left. The alert is at 10%.",
                                "min(place:millrace_disk_free:ratio)")
                        .goodFrom(0.1, 0.2),
                Panel.stat(
                        "Prequential accuracy",
                        Unit.SHARE,
                        "Share of the examples of the last five minutes that the answer had right before they were learned.",
                        "min(" + ofModel("model:millrace_training_prequential_correct:ratio_rate5m") + ")"),
                Panel.stat(
                        "Served version",
                        Unit.NONE,
                        "Number of the version that answers now, of the model that is furthest behind.",
                        "min(" + ofModel("millrace_serving_version") + ")"),
                new Text("What to look at next", NEXT, 24, 8));
    }

    private static Row flow() {
        return Row.of(
                "What flows",
                Panel.lines(
                        "Examples in",
                        Unit.PER_SECOND,
                        "Examples that went on to the ledger, and those left out because they came twice or, where ingest.shed-above-lag is set, because training is too far behind.",
                        rate("millrace_ingest_accepted_total", "{{model}} accepted"),
                        rate("millrace_ingest_duplicates_total", "{{model}} twice"),
                        rate("millrace_ingest_shed_total", "{{model}} shed")),
                Panel.lines(
                        "Examples learned",
                        Unit.PER_SECOND,
                        "Fresh examples trained on. Below what comes in for long, lag grows.",
                        rate("millrace_training_examples_total", "{{model}}")),
                Panel.lines(
                                "Lag of the trainer",
                                Unit.COUNT,
                                "Examples in the ledger that are not trained on yet; it should come back to nothing.",
                                max("millrace_training_lag_records", "{{model}}"))
                        .badFrom(500));
    }

    private static Row answers() {
        return Row.of(
                "What comes of it",
                Panel.lines(
                        "Accuracy before learning",
                        Unit.SHARE,
                        "Share of recent examples that the answer, as versions serve it, had right before it learned them.",
                        new Query(ofModel("model:millrace_training_prequential_correct:ratio_rate5m"), "{{model}}")),
                Panel.lines(
                        "Published and served",
                        Unit.NONE,
                        "Numbers of the newest version and of the one that answers. They part where the gate refuses or a swap fails.",
                        max("millrace_registry_version", "{{model}} published"),
                        new Query("min by (model) (" + ofModel("millrace_serving_version") + ")", "{{model}} served")),
                Panel.lines(
                                "From event to served",
                                Unit.SECONDS,
                                "Age of the newest example of a version when it began to serve: nine of ten versions of the last half hour were within it.",
                                new Query(ofModel("model:millrace_serving_freshness_seconds:p90_rate30m"), "{{model}}"))
                        .badFrom(600));
    }
}
