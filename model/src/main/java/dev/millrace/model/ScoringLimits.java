package dev.millrace.model;

import java.time.Duration;

/**
 * How requests are gathered into batches.
 *
 * @param batchTexts the most texts of several requests that are answered together, at least 1; a request of more is
 *     answered alone
 * @param batchWait for how long a batch that is not full waits for more requests, counted from its first one; zero takes
 *     what is there
 * @param queuedTexts the most texts that wait, at least 1; a request of more is admitted only where nothing waits
 */
public record ScoringLimits(int batchTexts, Duration batchWait, int queuedTexts) {

    public ScoringLimits {
        if (batchTexts < 1 || queuedTexts < 1) {
            throw new IllegalArgumentException(
                    "batchTexts and queuedTexts must be >= 1, but are " + batchTexts + " and " + queuedTexts);
        }
        if (batchWait.isNegative()) {
            throw new IllegalArgumentException("batchWait must not be negative, but is " + batchWait);
        }
    }
}
