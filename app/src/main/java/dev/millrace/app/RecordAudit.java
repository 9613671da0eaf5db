package dev.millrace.app;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.function.LongPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which of the numbered records of a benchmark lie in a topic.
 *
 * @param present of those that belong there
 * @param missing of those that belong there
 * @param twice copies beyond the first
 * @param astray records that do not belong there
 */
record RecordAudit(long present, long missing, long twice, long astray) {

    private static final Pattern NUMBER = Pattern.compile("example-(\\d+)");

    /**
     * Reads what is committed.
     *
     * @param topic where
     * @param records how many were sent, by numbers from 0 on
     * @param belongs which of them should lie there
     */
    static RecordAudit of(CommittedTopic topic, long records, LongPredicate belongs) {
        BitSet seen = new BitSet(Math.toIntExact(records));
        long[] wrong = new long[2];
        topic.read(record -> {
            Matcher number = NUMBER.matcher(new String(record.value(), StandardCharsets.ISO_8859_1));
            long index = number.find() ? Long.parseLong(number.group(1)) : -1;
            if (index < 0 || index >= records || !belongs.test(index)) {
                wrong[1]++;
            } else if (seen.get((int) index)) {
                wrong[0]++;
            } else {
                seen.set((int) index);
            }
        });
        long missing = 0;
        for (long index = 0; index < records; index++) {
            missing += belongs.test(index) && !seen.get((int) index) ? 1 : 0;
        }
        return new RecordAudit(seen.cardinality(), missing, wrong[0], wrong[1]);
    }

    boolean isExact() {
        return missing == 0 && twice == 0 && astray == 0;
    }
}
