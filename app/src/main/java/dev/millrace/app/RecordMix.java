package dev.millrace.app;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;

/**
 * What a benchmark sends to ingest: examples of a sample, some of them a second time, and in between records that break
 * the contract, in one way after the other. Each record says its number.
 *
 * @param duplicateEvery one in so many came before; 0 for none
 * @param brokenEvery one in so many breaks the contract; 0 for none
 */
record RecordMix(int duplicateEvery, int brokenEvery) {

    /** A duplicate in a hundred and a record in a thousand that is broken. */
    static final RecordMix USUAL = new RecordMix(100, 1000);

    private static final int DUPLICATE_OF_BEFORE = 50;
    private static final List<String> BROKEN = List.of(
            "{\"id\": \"example-%d\", \"label\": \"but no text\"}",
            "example-%d is no JSON",
            "[\"example-%d\"]",
            "{\"id\": \"example-%d\", \"text\": \"\", \"label\": \"empty\"}",
            "{\"id\": \"example-%d\", \"text\": \"without a label\"}",
            "{\"id\": \"example-%d\", \"text\": \"a label that is a number\", \"label\": 7}",
            "{\"id\": \"example-%d\", \"text\": \"no time\", \"label\": \"l\", \"time\": \"yesterday\"}",
            "{\"id\": \"example-%d\", \"text\": \"for nobody\", \"label\": \"l\", \"model\": \"of nobody\"}");

    boolean isBroken(long index) {
        return brokenEvery > 0 && index % brokenEvery == brokenEvery - 1;
    }

    boolean isDuplicate(long index) {
        return duplicateEvery > 0 && index % duplicateEvery == DUPLICATE_OF_BEFORE;
    }

    /** Whether a record is an example that did not come before. */
    boolean isNew(long index) {
        return !isBroken(index) && !isDuplicate(index);
    }

    /** The value of a record, by its number from 0 on. */
    byte[] value(long index, EndlessSample sample) {
        if (isBroken(index)) {
            String broken = BROKEN.get((int) (index / brokenEvery % BROKEN.size()));
            return String.format(Locale.ROOT, broken, index).getBytes(StandardCharsets.UTF_8);
        }
        return sample.value(isDuplicate(index) ? index - DUPLICATE_OF_BEFORE : index);
    }

    /** How many of the first records are examples that did not come before. */
    long examples(long records) {
        return LongStream.range(0, records).filter(this::isNew).count();
    }
}
