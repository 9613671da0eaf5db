package dev.millrace.ingest;

import java.time.Clock;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Branched;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;

/**
 * The way of examples whose text and label come by themselves, in any order.
 *
 * <pre>
 * inputs ─► validate ─┬─► by id ─► pair ─┬─► by model ─► as every example
 * labels ─► validate ─┘                  └─► examples-unpaired
 * </pre>
 *
 * <p>What is refused on the way goes to {@code examples-rejected}. The halves of one example meet in one partition,
 * whatever the keys of their records are. Nothing of the way of whole examples waits for this one: the two share no task.
 */
final class LateLabels {

    private final IngestSettings settings;
    private final IngestSettings.Joining joining;
    private final TextProbe probe;
    private final IngestObserver observer;
    private final Serde<byte[]> bytes = Serdes.ByteArray();

    private LateLabels(
            IngestSettings settings, IngestSettings.Joining joining, TextProbe probe, IngestObserver observer) {
        this.settings = settings;
        this.joining = joining;
        this.probe = probe;
        this.observer = observer;
    }

    static void addTo(
            StreamsBuilder builder,
            IngestSettings settings,
            IngestSettings.Joining joining,
            TextProbe probe,
            IngestObserver observer,
            Clock clock) {
        new LateLabels(settings, joining, probe, observer).addTo(builder, new HalfParser(settings, probe), clock);
    }

    private void addTo(StreamsBuilder builder, HalfParser parser, Clock clock) {
        halves(builder, HalfKind.INPUT, joining.inputs(), parser, clock)
                .merge(halves(builder, HalfKind.LABEL, joining.labels(), parser, clock), Named.as("halves-of-both"))
                .split(Named.as("half-"))
                .branch((key, verdict) -> verdict instanceof Verdict.Dead, toRejected("half"))
                .defaultBranch(Branched.withConsumer(this::pair, "waiting"));
    }

    private void pair(KStream<byte[], Verdict> waiting) {
        waiting.map((key, verdict) -> byId((Verdict.Waiting) verdict), Named.as("by-id"))
                .repartition(Repartitioned.with(Serdes.String(), bytes).withName("halves"))
                .process(
                        Pairing.supplier(
                                new HalfParser(settings, TextProbe.JUDGED), joining, observer, Pairing.MOST_AT_ONCE),
                        Named.as("pair"))
                .split(Named.as("pair-"))
                .branch((key, verdict) -> verdict instanceof Verdict.Dead, toRejected("pair"))
                .branch(
                        (key, verdict) -> verdict instanceof Verdict.Unpaired,
                        Branched.withConsumer(this::toUnpaired, "unpaired"))
                .defaultBranch(Branched.withConsumer(this::toExamples, "admitted"));
    }

    private Branched<byte[], Verdict> toRejected(String what) {
        return Branched.withConsumer(
                dead -> dead.mapValues(verdict -> ((Verdict.Dead) verdict).value(), Named.as(what + "-bytes"))
                        .to(
                                settings.topics().examplesRejected(),
                                Produced.with(bytes, bytes).withName(what + "-rejected")),
                "dead");
    }

    private void toUnpaired(KStream<byte[], Verdict> unpaired) {
        unpaired.mapValues(verdict -> ((Verdict.Unpaired) verdict).record().value(), Named.as("unpaired-bytes"))
                .to(joining.examplesUnpaired(), Produced.with(bytes, bytes).withName("examples-unpaired"));
    }

    /**
     * Into the topic where whole examples meet. Its name is said at run time: did Streams know that the topic is its own,
     * it would want it as wide as inputs and labels, and refuse to start where it is there already and is not.
     */
    private void toExamples(KStream<byte[], Verdict> admitted) {
        String topic = ExampleTopology.byModelTopic(settings);
        Copies copies = new Copies(settings, probe, observer);
        admitted.flatMap(
                        (key, verdict) -> copies.byModel(((Verdict.Admitted) verdict).example()),
                        Named.as("pair-by-model"))
                .to(
                        (key, value, context) -> topic,
                        Produced.with(Serdes.String(), bytes).withName("pairs-by-model"));
    }

    private static KeyValue<String, byte[]> byId(Verdict.Waiting waiting) {
        return KeyValue.pair(waiting.key(), waiting.half().bytes());
    }

    private KStream<byte[], Verdict> halves(
            StreamsBuilder builder, HalfKind kind, String topic, HalfParser parser, Clock clock) {
        return builder.stream(
                        topic,
                        Consumed.with(bytes, bytes)
                                .withTimestampExtractor(new PlausibleTimestamps(clock))
                                .withName(kind.word() + "s"))
                .process(() -> new HalfValidation(kind, parser, observer), Named.as("validate-" + kind.word()));
    }
}
