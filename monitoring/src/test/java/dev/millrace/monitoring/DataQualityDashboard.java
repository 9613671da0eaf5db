package dev.millrace.monitoring;

import static dev.millrace.monitoring.Dashboards.max;
import static dev.millrace.monitoring.Dashboards.rate;

import dev.millrace.monitoring.Dashboard.Row;
import java.util.List;

/** What is wrong with the records that come, and whether the labels still mean what they meant. */
final class DataQualityDashboard {

    private static final String READ = """
            Every dead letter lies in the topic `examples-rejected` (inputs that could not be answered too), byte for byte as it came; its headers say where from and why.

            `kafka-console-consumer.sh --topic examples-rejected --property print.headers=true --from-beginning --max-messages 10`

            The reasons are those of the contract: README.md, "Any producer in any language writes the examples".
            """;

    private DataQualityDashboard() {}

    static Dashboard page() {
        return new Dashboard(
                "data-quality",
                "Millrace data quality",
                "What is wrong with the records that come, and whether labels still mean what they meant.",
                List.of(letters(), labels()));
    }

    private static Row letters() {
        return Row.of(
                "Dead letters",
                Panel.lines(
                                "Share of dead letters",
                                Unit.SHARE,
                                "Records of the last ten minutes that broke the contract, of all that came. The alert is at 5%.",
                                new Query("job:millrace_ingest_rejected:ratio_rate10m", "rejected"))
                        .badFrom(0.05),
                Panel.lines(
                        "Rejected, by reason",
                        Unit.PER_SECOND,
                        "Records that became dead letters, by the rule of the contract that they broke.",
                        new Query(
                                "sum by (reason) (rate(millrace_ingest_rejected_total[$__rate_interval]))",
                                "{{reason}}")),
                Panel.bars(
                        "Rejected in the time shown",
                        Unit.COUNT,
                        "How many records broke each rule. One long bar is most often one producer with one fault.",
                        new Query(
                                "sum by (reason) (increase(millrace_ingest_rejected_total[$__range]))", "{{reason}}")),
                Panel.lines(
                        "Accepted, and left out as seen before",
                        Unit.PER_SECOND,
                        "A producer that sends again after a failure shows as duplicates; they do no harm.",
                        rate("millrace_ingest_accepted_total", "{{model}} accepted"),
                        rate("millrace_ingest_duplicates_total", "{{model}} seen before")),
                Panel.lines(
                                "Shed in the time shown",
                                Unit.COUNT,
                                "Sound examples that were left out because more than ingest.shed-above-lag waited to be learned. They are no dead letters; those of the time shown are in the topic examples for as long as it keeps them.",
                                new Query(Dashboards.increaseOf("millrace_ingest_shed_total"), "{{model}}"))
                        .badFrom(0.5),
                Panel.lines(
                                "Examples given up by the trainer",
                                Unit.COUNT,
                                "Examples of the time shown in mini-batches without a finite loss; they are dead letters with the reason non_finite.",
                                new Query(
                                        Dashboards.increaseOf("millrace_training_examples_set_aside_total"),
                                        "{{model}}"))
                        .badFrom(0.5),
                new Text("Reading dead letters", READ, 8, 8));
    }

    private static Row labels() {
        return Row.of(
                "Labels",
                Panel.lines(
                        "Labels known",
                        Unit.NONE,
                        "How many labels the model knows. A steady rise is most often free text where a label belongs.",
                        max("millrace_training_labels", "{{model}}")),
                Panel.lines(
                                "Drifts in the time shown",
                                Unit.COUNT,
                                "Times that answers became worse than chance explains: for one label, whose name is in the log and in the lineage, or over all.",
                                new Query(
                                        Dashboards.increaseOf("millrace_training_drifts_total"), "{{model}} over all"),
                                new Query(
                                        Dashboards.increaseOf("millrace_training_label_drifts_total"),
                                        "{{model}} one label"))
                        .badFrom(0.5),
                Panel.lines(
                        "Accuracy before learning, recent",
                        Unit.SHARE,
                        "A sudden fall beside a drift means that labels changed; a slow one that texts did.",
                        new Query(
                                Dashboards.ofModel("model:millrace_training_prequential_correct:ratio_rate5m"),
                                "{{model}}")));
    }
}
