package dev.millrace.registry;

/**
 * How far a topic's partition was folded into a version.
 *
 * @param topic the ledger's topic
 * @param partition of that topic
 * @param nextOffset the offset of the first record that is not part of the version
 */
public record LogPosition(String topic, int partition, long nextOffset) {

    public LogPosition {
        if (partition < 0 || nextOffset < 0) {
            throw new IllegalArgumentException(
                    "partition and nextOffset must be >= 0, but are " + partition + " and " + nextOffset);
        }
    }
}
