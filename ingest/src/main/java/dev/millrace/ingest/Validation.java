package dev.millrace.ingest;

import java.util.Objects;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.jspecify.annotations.Nullable;

/** Judges each record of {@code examples}: one in, one verdict out. */
final class Validation implements Processor<byte[], byte[], byte[], Verdict> {

    private final ExampleParser parser;
    private final IngestObserver observer;
    private @Nullable ProcessorContext<byte[], Verdict> context;

    Validation(ExampleParser parser, IngestObserver observer) {
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
        Parsed parsed = parser.parse(record.value(), record.headers(), record.timestamp());
        if (parsed instanceof Parsed.Accepted accepted) {
            out.forward(record.<Verdict>withValue(new Verdict.Admitted(accepted.example()))
                    .withHeaders(new RecordHeaders()));
        } else if (parsed instanceof Parsed.Rejected rejected) {
            RecordMetadata origin = out.recordMetadata().orElseThrow();
            out.forward(deadLetter(record, origin, rejected.rejection()));
            observer.rejected(rejected.rejection().reason());
        }
    }

    private static Record<byte[], Verdict> deadLetter(
            Record<byte[], byte[]> record, RecordMetadata origin, Rejection rejection) {
        RecordHeaders headers = new RecordHeaders(record.headers());
        if (headers.lastHeader(DeadLetter.TIMESTAMP) == null) {
            DeadLetter.add(headers, DeadLetter.TIMESTAMP, Long.toString(record.timestamp()));
        }
        DeadLetter.describe(headers, origin, rejection);
        long bytes = DeadLetter.size(record.key(), record.value(), headers);
        if (bytes <= DeadLetter.MAX_BYTES) {
            return record.<Verdict>withValue(new Verdict.Dead(record.value())).withHeaders(headers);
        }
        RecordHeaders own = new RecordHeaders();
        own.add(headers.lastHeader(DeadLetter.TIMESTAMP));
        DeadLetter.describe(own, origin, rejection);
        DeadLetter.add(own, DeadLetter.OMITTED, Long.toString(bytes));
        return new Record<>(null, new Verdict.Dead(null), record.timestamp(), own);
    }
}
