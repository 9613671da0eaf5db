package dev.millrace.trainer;

import java.time.Duration;

/**
 * When versions are made, and which of them may be champion. What a model learns does not depend on it.
 *
 * @param everyExamples a version is made after this many examples at the latest
 * @param everyLogTime a version is made when the log's time has moved on this far at the latest
 * @param idleFlush when no example has come for this long, by the trainer's own clock, what waits is learned and a
 *     version is made of it
 * @param trainingStates how many of the newest versions keep what is needed to train on from them, at least 1
 * @param gate what a version must not do worse than the champion
 * @param rollback when the champion is taken back
 */
public record VersionPolicy(
        long everyExamples,
        Duration everyLogTime,
        Duration idleFlush,
        int trainingStates,
        GateRules gate,
        RollbackRules rollback) {

    public VersionPolicy {
        if (everyExamples < 1 || trainingStates < 1) {
            throw new IllegalArgumentException("everyExamples and trainingStates must be >= 1, but are " + everyExamples
                    + " and " + trainingStates);
        }
    }

    /**
     * With the standard gate and rules of rolling back.
     *
     * @param everyExamples as above
     * @param everyLogTime as above
     * @param idleFlush as above
     * @param trainingStates as above
     */
    public VersionPolicy(long everyExamples, Duration everyLogTime, Duration idleFlush, int trainingStates) {
        this(everyExamples, everyLogTime, idleFlush, trainingStates, GateRules.STANDARD, RollbackRules.STANDARD);
    }
}
