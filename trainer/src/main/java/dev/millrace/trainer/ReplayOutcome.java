package dev.millrace.trainer;

import dev.millrace.ingest.OffsetRanges;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What a replay of a version gave.
 *
 * @param recorded the SHA-256 of each file by its role, as the version's record has it
 * @param replayed the same of the files that the replay made
 * @param examples that were folded in
 * @param otherRuntime what this machine computes with, where the record names something else: by name, "recorded, here"
 * @param distance how far the replayed weights lie from the recorded ones, as a share of how far these lie from the base
 *     (both as the Euclidean norm over all tensors); empty when the files are the same, or the recorded ones are gone
 * @param removedLater examples that the version saw and that were to be forgotten after it; the replay left them out
 */
public record ReplayOutcome(
        Map<String, String> recorded,
        Map<String, String> replayed,
        long examples,
        List<String> otherRuntime,
        OptionalDouble distance,
        OffsetRanges removedLater) {

    /**
     * The largest distance at which weights that were computed on other hardware count as the same. Another instruction
     * set gave 0.02 where a version without 3% of its examples lay at 0.10.
     */
    public static final double TOLERANCE = 0.05;

    public ReplayOutcome {
        recorded = Map.copyOf(recorded);
        replayed = Map.copyOf(replayed);
        otherRuntime = List.copyOf(otherRuntime);
    }

    /** {@return whether every file came out to the bit} */
    public boolean isIdentical() {
        return recorded.equals(replayed);
    }

    /** {@return whether the files differ no more than other hardware explains} */
    public boolean isWithinTolerance() {
        return !otherRuntime.isEmpty()
                && removedLater.isEmpty()
                && distance.isPresent()
                && distance.getAsDouble() <= TOLERANCE;
    }
}
