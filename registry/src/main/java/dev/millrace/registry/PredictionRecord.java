package dev.millrace.registry;

import java.time.Instant;
import java.util.List;

/**
 * The answer to an input, as it is in {@code predictions}.
 *
 * @param id of the input
 * @param model that answered
 * @param version of it
 * @param top the likeliest labels, best first; never empty
 * @param input where the input lies
 * @param time when it was answered
 */
public record PredictionRecord(String id, String model, long version, List<Score> top, Input input, Instant time) {

    public PredictionRecord {
        top = List.copyOf(top);
        if (top.isEmpty()) {
            throw new IllegalArgumentException("top must have at least one label");
        }
    }

    /**
     * How likely one label is.
     *
     * @param label which
     * @param confidence from 0 to 1
     */
    public record Score(String label, double confidence) {

        public Score {
            if (!(confidence >= 0 && confidence <= 1)) {
                throw new IllegalArgumentException("confidence must be from 0 to 1, but is " + confidence);
            }
        }
    }

    /**
     * Where an input lies.
     *
     * @param topic of inputs
     * @param partition of it
     * @param offset in the partition
     */
    public record Input(String topic, int partition, long offset) {}

    /** {@return the likeliest label} */
    public String label() {
        return top.get(0).label();
    }

    /** {@return how likely it is, from 0 to 1} */
    public double confidence() {
        return top.get(0).confidence();
    }
}
