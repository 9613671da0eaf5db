package dev.millrace.ingest;

import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;

/** What the first half of the topology passes on for a record: an example, or the bytes of a dead letter. */
sealed interface Verdict {

    /** The record is an example. */
    record Admitted(LabelledExample example) implements Verdict {}

    /** The record is half of an example, which waits for the other under a key. */
    record Waiting(String key, ArrivedHalf half) implements Verdict {}

    /** The record was half of an example, and the other never came; its value goes on untouched. */
    record Unpaired(Dead record) implements Verdict {}

    /** The record is none; its value goes on untouched. */
    final class Dead implements Verdict {

        private final byte @Nullable [] value;

        Dead(byte @Nullable [] value) {
            this.value = value;
        }

        /** What goes to the dead letters in the place of a record. */
        static Record<byte[], Verdict> of(RawRecord record, Rejection rejection) {
            Record<byte[], byte[]> letter = record.letter(rejection.reason(), rejection.detail(), record.timestamp());
            return letter.withValue(new Dead(letter.value()));
        }

        byte @Nullable [] value() {
            return value;
        }
    }
}
