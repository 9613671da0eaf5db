package dev.millrace.trainer;

import org.jspecify.annotations.Nullable;

/**
 * The rate of errors has risen, more than chance explains.
 *
 * @param label of the examples whose answers were looked at, or null for those of all labels
 * @param before how many answers there were before the change, of those looked at
 * @param errorBefore the share of them that was wrong
 * @param after how many answers there were since
 * @param errorAfter the share of them that was wrong
 * @param since the number of the first example after the change, among all that were learned since the base, from 1
 */
public record Drift(
        @Nullable String label, long before, double errorBefore, long after, double errorAfter, long since) {

    String inWords() {
        return "drift of " + (label == null ? "all labels" : label) + ": of " + before + " answers "
                + Math.round(100 * errorBefore) + "% were wrong, and of the " + after + " since "
                + Math.round(100 * errorAfter) + "%";
    }
}
