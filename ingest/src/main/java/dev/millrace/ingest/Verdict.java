package dev.millrace.ingest;

import org.jspecify.annotations.Nullable;

/** What the first half of the topology passes on for a record: an example, or the bytes of a dead letter. */
sealed interface Verdict {

    /** The record is an example. */
    record Admitted(LabelledExample example) implements Verdict {}

    /** The record is none; its value goes on untouched. */
    final class Dead implements Verdict {

        private final byte @Nullable [] value;

        Dead(byte @Nullable [] value) {
            this.value = value;
        }

        byte @Nullable [] value() {
            return value;
        }
    }
}
