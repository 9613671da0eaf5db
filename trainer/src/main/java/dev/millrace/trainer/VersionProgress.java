package dev.millrace.trainer;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How much lies between the newest version and the next. Immutable.
 *
 * @param examples taken in since then
 * @param first timestamp of the log among them, or null when there is none
 * @param last timestamp of the log among them, or null when there is none
 * @param isRequested whether a version shall be made as soon as there is anything new
 * @param isOwed whether a version must be made even if nothing is new
 */
record VersionProgress(
        long examples, @Nullable Instant first, @Nullable Instant last, boolean isRequested, boolean isOwed) {

    static final VersionProgress NONE = new VersionProgress(0, null, null, false, false);

    VersionProgress plus(MiniBatch batch) {
        Instant began = first == null ? batch.firstTimestamp() : first;
        return new VersionProgress(examples + batch.size(), began, batch.lastTimestamp(), isRequested, isOwed);
    }

    /** A version is wanted of what is new; where nothing is, there is nothing to want. */
    VersionProgress requested() {
        return new VersionProgress(examples, first, last, examples > 0, isOwed);
    }

    VersionProgress owed() {
        return new VersionProgress(examples, first, last, isRequested, true);
    }

    boolean isDue(VersionPolicy policy) {
        if (isOwed) {
            return true;
        }
        if (examples == 0 || first == null || last == null) {
            return false;
        }
        return isRequested
                || examples >= policy.everyExamples()
                || Duration.between(first, last).compareTo(policy.everyLogTime()) >= 0;
    }
}
