package dev.millrace.ingest;

import java.util.Objects;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/** Judges each record of {@code inputs} or of {@code labels}: one in, one verdict out. */
final class HalfValidation implements Processor<byte[], byte[], byte[], Verdict> {

    /** Two halves and what we add must fit into one record of our topics. */
    private static final int MAX_BYTES = DeadLetter.MAX_BYTES / 2;

    private final HalfKind kind;
    private final HalfParser parser;
    private final IngestObserver observer;
    private @Nullable ProcessorContext<byte[], Verdict> context;

    HalfValidation(HalfKind kind, HalfParser parser, IngestObserver observer) {
        this.kind = kind;
        this.parser = parser;
        this.observer = observer;
    }

    @Override
    public void init(ProcessorContext<byte[], Verdict> context) {
        this.context = context;
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        ProcessorContext<byte[], Verdict> out = Objects.requireNonNull(context);
        RawRecord raw = RawRecord.of(record, out.recordMetadata().orElseThrow());
        try {
            Half half = parser.parse(kind, raw);
            if (raw.size() > MAX_BYTES) {
                throw new Unfit(new Rejection.RecordTooLarge((int) Math.min(Integer.MAX_VALUE, raw.size()), MAX_BYTES));
            }
            out.forward(record.<Verdict>withValue(new Verdict.Waiting(half.key(), new ArrivedHalf(kind, raw)))
                    .withHeaders(new RecordHeaders()));
        } catch (Unfit unfit) {
            out.forward(Verdict.Dead.of(raw, unfit.rejection()));
            observer.rejected(unfit.rejection().reason());
        }
    }
}
