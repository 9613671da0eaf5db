package dev.millrace.app;

import static org.apache.kafka.common.config.ConfigDef.Type.DOUBLE;
import static org.apache.kafka.common.config.ConfigDef.Type.INT;
import static org.apache.kafka.common.config.ConfigDef.Type.LONG;
import static org.apache.kafka.common.config.ConfigDef.Type.STRING;

import dev.millrace.ingest.IngestSettings;
import java.time.Duration;
import java.util.List;

/** The rows of {@link SettingsTable} about taking examples in. */
final class IngestRows {

    static final String SHED_ABOVE_LAG = "ingest.shed-above-lag";

    private IngestRows() {}

    static void add(SettingsTable.Group group) {
        group.row(
                "ingest.application-id",
                STRING,
                "millrace-ingest",
                Rule.notEmpty(),
                "The Kafka Streams application: its consumer group, its transactions and the prefix of its internal topics.");
        group.row(
                "ingest.max-text-characters",
                INT,
                "20000",
                Rule.whole(1, Integer.MAX_VALUE),
                "A longer text is rejected.");
        group.row(
                "ingest.max-record-bytes",
                INT,
                "1048576",
                Rule.whole(1, Integer.MAX_VALUE),
                "A larger record is rejected.");
        group.row(
                "ingest.deduplication-window",
                STRING,
                "7d",
                Rule.duration(Duration.ofSeconds(1)),
                "How long the id of an example is remembered; a second one with the same id in this time is dropped and counted.");
        group.row(
                "ingest.join-window",
                STRING,
                "0s",
                Rule.duration(Duration.ZERO),
                "How long a record of `topics.inputs` waits for its label in `topics.labels`, and a label for its input, in the time of the stream, such as `7d`. The two become one example; what never met goes to `topics.examples-unpaired`. All that came within the window is kept on disk. 0s: labels are not read.");
        group.row(
                "ingest.label-corrections",
                STRING,
                "ignore",
                Rule.oneOf("ignore", "train-again", "replace"),
                "What becomes of another label in `topics.labels` for an id that has one: `ignore` it, or `train-again` on the same text with the label whose time is latest, as an example with `#2` (`#3`, ...) behind its id, or `replace`: the same, and what the trainer remembers of the text with the label before is rehearsed, asked and judged by no more. The ledger keeps what it has, and so do the weights: what was learned from the first label is taken out by `registry unlearn`.");
        group.row(
                "ingest.standby-replicas",
                INT,
                "0",
                Rule.whole(0, 10),
                "How many other processes with the role `ingest` keep a copy of the local state at hand, so that one that takes over need not read all of it from Kafka first.");
        group.row(
                SHED_ABOVE_LAG,
                LONG,
                "0",
                Rule.whole(0, Long.MAX_VALUE),
                "Where more than this many records of a model's partition of the ledger are in no version yet, new examples are taken in as a uniform sample only, and the others are left out and counted: all up to this number, in a straight line fewer and fewer up to twice of it. At least twice `trainer.version-every-examples`. 0: nothing is ever left out, and waits however long it takes.");
        group.row(
                "ingest.shed-keep-at-least",
                DOUBLE,
                Double.toString(IngestSettings.LEAST_KEPT_SHARE),
                Rule.real(0.0001, 1),
                "The share of the new examples that is taken in however far training is behind, where `ingest.shed-above-lag` is above 0.");
        group.row(
                "ingest.copy-of",
                STRING,
                "",
                Rule.anyText(),
                "Written as `jobs.MODEL.ingest.copy-of: OTHER`: MODEL is given each valid example of OTHER too, with the same id, from the start of ingest on. For a model that is to take the place of OTHER; `produce --from-topic` brings it what came before. Where only one model is no copy, examples and inputs that name no model are for that one.");
        group.row("ingest.threads", INT, "1", Rule.whole(1, 256), "Stream threads in this process.");
        FormatSettings.addRows(group);
    }

    /** What is wrong between settings of ingest and others that are each fine alone. */
    static List<String> contradictions(Settings settings) {
        long bound = settings.ingest().shedAboveLag();
        long every = settings.trainer().versionEveryExamples();
        return bound == 0 || bound / 2 >= every
                ? List.of()
                : List.of(SHED_ABOVE_LAG + " must be 0 or at least twice trainer.version-every-examples (" + every
                        + "), for what is learned counts when a version has it; but is " + bound);
    }
}
