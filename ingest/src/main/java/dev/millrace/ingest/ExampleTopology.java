package dev.millrace.ingest;

import java.time.Clock;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Branched;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;

/**
 * The way of a labelled example through ingest, as a pure function of the settings.
 *
 * <pre>
 * examples ─► validate ─┬─► by model ─► deduplicate ─► training-examples
 *                       └─► examples-rejected
 * </pre>
 *
 * <p>Where inputs and labels that come by themselves are joined, {@link LateLabels} adds a second way to the same place.
 *
 * <p>Where a model is given the examples of another one too, {@link Copies} are made before they part by model, in the
 * same transaction.
 *
 * <p>Examples of one model meet in one partition before they are deduplicated, so one id arriving by two partitions is
 * still found, and their order from there on is the order of training.
 */
final class ExampleTopology {

    private static final String BY_MODEL = "by-model";

    private ExampleTopology() {}

    /**
     * Builds the topology.
     *
     * @param settings topics, models and limits
     * @param probe knows the tokenizers
     * @param observer is told what became of each record
     * @param admission decides which of the sound examples are taken
     * @param clock of times that nobody gave
     * @return a topology for exactly-once processing
     */
    static Topology build(
            IngestSettings settings, TextProbe probe, IngestObserver observer, Admission admission, Clock clock) {
        Serde<byte[]> bytes = Serdes.ByteArray();
        ExampleParser parser = new ExampleParser(settings, probe);
        Copies copies = new Copies(settings, probe, observer);
        StreamsBuilder builder = new StreamsBuilder();

        KStream<byte[], Verdict> verdicts = builder.stream(
                        settings.topics().examples(),
                        Consumed.with(bytes, bytes)
                                .withTimestampExtractor(new PlausibleTimestamps(clock))
                                .withName("examples"))
                .process(() -> new Validation(parser, observer), Named.as("validate"));

        verdicts.split(Named.as("verdict-"))
                .branch(
                        (key, verdict) -> verdict instanceof Verdict.Dead,
                        Branched.withConsumer(
                                dead -> dead.mapValues(verdict -> ((Verdict.Dead) verdict).value(), Named.as("dead"))
                                        .to(
                                                settings.topics().examplesRejected(),
                                                Produced.with(bytes, bytes).withName("examples-rejected")),
                                "dead"))
                .defaultBranch(Branched.withConsumer(
                        admitted -> admitted.flatMap(
                                        (key, verdict) -> copies.byModel(((Verdict.Admitted) verdict).example()),
                                        Named.as("by-model"))
                                .repartition(Repartitioned.with(Serdes.String(), bytes)
                                        .withName(BY_MODEL))
                                .process(
                                        Deduplication.supplier(settings.deduplicationWindow(), admission, observer),
                                        Named.as("deduplicate"))
                                .to(
                                        settings.topics().trainingExamples(),
                                        Produced.with(Serdes.String(), bytes).withName("training-examples")),
                        "admitted"));
        if (settings.joining() != null) {
            LateLabels.addTo(builder, settings, settings.joining(), probe, observer, clock);
        }
        return builder.build();
    }

    /** The topic in which the examples of one model meet, whichever way they came; Streams names it so. */
    static String byModelTopic(IngestSettings settings) {
        return settings.applicationId() + "-" + BY_MODEL + "-repartition";
    }

    /** As the ledger will have it: what comes after needs the id alone, and passes the bytes on. */
    static KeyValue<String, byte[]> byModel(LabelledExample example) {
        return KeyValue.pair(example.model(), ExampleJson.write(example));
    }
}
