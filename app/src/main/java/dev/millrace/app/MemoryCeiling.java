package dev.millrace.app;

import java.util.Locale;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The most memory that a process may take.
 *
 * @param bytes of resident memory; 0 for no ceiling
 * @param resident what it takes now, in bytes; 0 where that is not known
 */
record MemoryCeiling(long bytes, LongSupplier resident) {

    /** {@return that there is more, if so} */
    Optional<Throwable> failure() {
        long now = bytes == 0 ? 0 : resident.getAsLong();
        return now <= bytes
                ? Optional.empty()
                : Optional.of(new IllegalStateException(String.format(
                        Locale.ROOT,
                        "this process takes %d MB of memory, and memory-ceiling-bytes allows %d MB. What was learned is"
                                + " published before it ends. Allow more, or make trainer.rehearsal-capacity,"
                                + " trainer.voter-memory, trainer.frozen-cache-bytes or trainer.batch-size smaller",
                        now >> 20,
                        bytes >> 20)));
    }
}
