package dev.millrace.ingest;

import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.StoreBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Where halves of examples wait for each other: an input for its label, or a label for its input.
 *
 * <p>A pair is kept for the window from its first half on, in the time of the stream, which never goes back: a record with
 * an old timestamp is not given up at once. It is kept after its halves have met too, so that a further label is known as
 * a correction.
 */
final class Pairing implements Processor<String, byte[], byte[], Verdict> {

    private static final Duration SHORTEST_SWEEP = Duration.ofMillis(1);
    private static final int SWEEPS_A_WINDOW = 1000;

    /** How many are given up in one part of a sweep: it lies in one transaction, and nothing else is done meanwhile. */
    static final int MOST_AT_ONCE = 10_000;

    private static final Duration NEXT_PART = Duration.ofMillis(20);

    private final HalfParser parser;
    private final IngestSettings.Joining joining;
    private final IngestObserver observer;
    private final long windowMillis;
    private final int mostAtOnce;
    private @Nullable ProcessorContext<byte[], Verdict> context;
    private @Nullable PairStore store;
    private @Nullable Cancellable rest;

    private Pairing(HalfParser parser, IngestSettings.Joining joining, IngestObserver observer, int mostAtOnce) {
        this.parser = parser;
        this.joining = joining;
        this.observer = observer;
        this.mostAtOnce = mostAtOnce;
        this.windowMillis = joining.window().toMillis();
    }

    static ProcessorSupplier<String, byte[], byte[], Verdict> supplier(
            HalfParser parser, IngestSettings.Joining joining, IngestObserver observer, int mostAtOnce) {
        return new ProcessorSupplier<>() {
            @Override
            public Processor<String, byte[], byte[], Verdict> get() {
                return new Pairing(parser, joining, observer, mostAtOnce);
            }

            @Override
            public Set<StoreBuilder<?>> stores() {
                return PairStore.builders();
            }
        };
    }

    @Override
    public void init(ProcessorContext<byte[], Verdict> context) {
        this.context = context;
        this.store = new PairStore(context);
        Duration every = joining.window().dividedBy(SWEEPS_A_WINDOW);
        context.schedule(
                every.compareTo(SHORTEST_SWEEP) < 0 ? SHORTEST_SWEEP : every,
                PunctuationType.STREAM_TIME,
                time -> sweep());
    }

    @Override
    public void process(Record<String, byte[]> record) {
        PairStore pairs = Objects.requireNonNull(store);
        String key = record.key();
        ArrivedHalf arrived = ArrivedHalf.of(record.value());
        Pair pair = pairs.get(key);
        if (pair != null && pair.since() < oldest()) {
            pairs.remove(key, pair);
            givenUp(key, pair);
            pair = null;
        }
        if (pair == null) {
            pairs.begin(key, Pair.begun(now(), arrived.kind(), arrived.record()));
        } else if (pair.half(arrived.kind()) == null) {
            complete(key, pair.with(arrived.kind(), arrived.record()), null);
        } else if (arrived.kind() == HalfKind.INPUT) {
            observer.duplicate(Half.modelOf(key));
        } else {
            correct(key, pair, arrived.record());
        }
    }

    private void correct(String key, Pair pair, RawRecord record) {
        Half before = judged(HalfKind.LABEL, Objects.requireNonNull(pair.label()));
        Half after = judged(HalfKind.LABEL, record);
        if (!(before instanceof Half.Label last && after instanceof Half.Label label)) {
            return;
        }
        if (last.label().equals(label.label())) {
            observer.duplicate(label.model());
            return;
        }
        boolean taken = !label.time().isBefore(last.time()) && joining.corrections() != Corrections.IGNORE;
        observer.corrected(label.model(), taken);
        if (!taken) {
            return;
        }
        Pair corrected = pair.with(HalfKind.LABEL, record);
        if (corrected.input() == null) {
            Objects.requireNonNull(store).put(key, corrected);
        } else {
            complete(key, corrected, joining.corrections() == Corrections.REPLACE ? last.label() : null);
        }
    }

    private void complete(String key, Pair pair, @Nullable String replaces) {
        Half input = judged(HalfKind.INPUT, Objects.requireNonNull(pair.input()));
        Half label = judged(HalfKind.LABEL, Objects.requireNonNull(pair.label()));
        if (input instanceof Half.Input text && label instanceof Half.Label answer) {
            Pair learned = pair.withOneMoreExample();
            Objects.requireNonNull(store).put(key, learned);
            forward(learned.latestTimestamp(), example(text, answer, learned.examples(), replaces));
            if (learned.examples() == 1) {
                observer.paired(text.model());
            }
            return;
        }
        Pair left = pair.with(HalfKind.INPUT, input == null ? null : pair.input())
                .with(HalfKind.LABEL, label == null ? null : pair.label());
        if (left.input() == null && left.label() == null) {
            Objects.requireNonNull(store).remove(key, pair);
        } else {
            Objects.requireNonNull(store).put(key, left);
        }
    }

    /** The example of an id that came with so many labels, of which it replaces one or none. */
    private static LabelledExample example(Half.Input input, Half.Label label, int number, @Nullable String replaces) {
        return new LabelledExample(
                number == 1 ? input.id() : input.id() + "#" + number,
                input.model(),
                input.text(),
                label.label(),
                label.time().isAfter(input.time()) ? label.time() : input.time(),
                label.source() == null ? input.source() : label.source(),
                label.weight(),
                number == 1 ? null : replaces);
    }

    /** A half was judged when it came; but settings may change while it waits. */
    private @Nullable Half judged(HalfKind kind, RawRecord record) {
        try {
            return parser.parse(kind, record);
        } catch (Unfit unfit) {
            Objects.requireNonNull(context).forward(Verdict.Dead.of(record, unfit.rejection()));
            observer.rejected(unfit.rejection().reason());
            return null;
        }
    }

    private void givenUp(String key, Pair pair) {
        if (pair.examples() > 0) {
            return;
        }
        for (HalfKind kind : HalfKind.values()) {
            RawRecord half = pair.half(kind);
            if (half != null) {
                Record<byte[], byte[]> letter = half.letter(kind.reason(), kind.detail(joining.window()), now());
                Objects.requireNonNull(context)
                        .forward(letter.withValue(new Verdict.Unpaired(new Verdict.Dead(letter.value()))));
                observer.unpaired(Half.modelOf(key), kind.word());
            }
        }
    }

    private void forward(long timestamp, LabelledExample example) {
        Objects.requireNonNull(context)
                .forward(new Record<>(null, new Verdict.Admitted(example), timestamp, new RecordHeaders()));
    }

    /** Gives up what is too old; where that is much, in parts, between which there is time for records and commits. */
    private void sweep() {
        boolean more = oldest() > 0 && Objects.requireNonNull(store).expire(oldest(), mostAtOnce, this::givenUp);
        if (more && rest == null) {
            rest = Objects.requireNonNull(context)
                    .schedule(NEXT_PART, PunctuationType.WALL_CLOCK_TIME, time -> sweep());
        } else if (!more && rest != null) {
            rest.cancel();
            rest = null;
        }
    }

    /** What began before this time is given up. */
    private long oldest() {
        return now() - windowMillis;
    }

    private long now() {
        return Objects.requireNonNull(context).currentStreamTimeMs();
    }
}
