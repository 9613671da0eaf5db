package dev.millrace.app;

import java.time.Duration;
import java.util.Random;

/**
 * When one life ends: after a time, or a little after the child has announced something.
 *
 * @param aim what is to be hit
 * @param occurrence which announcement counts, from 1 on
 * @param delay from the start of the process, from its first step, or from the announcement
 */
record KillMoment(Aim aim, int occurrence, Duration delay) {

    /** The exit code of a process that SIGKILL ended. */
    static final int KILLED = 137;

    /** The longest that a kill waits for a first mini-batch. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** The longest that a kill waits for its announcement, from the first mini-batch on: the examples may be used up. */
    private static final Duration NOTHING_MORE = Duration.ofSeconds(3);

    private static final int FIRST_TRANSACTION = 5;

    /** What a kill is meant to hit. Whether it did is found out afterwards. */
    enum Aim {
        /** Any moment from the start of the process on: class loading, joining groups, restoring state. */
        START,
        /** Any moment after the first mini-batch. */
        TRAINING,
        /** Inside the writing of a file. */
        CHECKPOINT,
        /** Any moment from the announcement of a transaction on, for about as long as one takes. */
        TRANSACTION,
        /** Inside the transaction that publishes a version: as soon as the broker says that it is open, or a little later. */
        OPEN_TRANSACTION
    }

    /** How long the things take that are to be hit. */
    record Pace(Duration restart, Duration write, Duration transaction) {}

    /**
     * Draws the moment of the next kill.
     *
     * @param random seeded
     * @param pace of the child
     * @param aim what is to be hit
     */
    static KillMoment draw(Random random, Pace pace, Aim aim) {
        return switch (aim) {
            case START -> new KillMoment(aim, 1, within(random, pace.restart()));
            case TRAINING -> new KillMoment(aim, 1, within(random, Duration.ofMillis(1500)));
            case CHECKPOINT -> new KillMoment(aim, 1 + random.nextInt(5), within(random, pace.write()));
            case TRANSACTION -> transaction(random, 1 + random.nextInt(3), pace.transaction());
            case OPEN_TRANSACTION -> new KillMoment(aim, 1 + random.nextInt(3), within(random, Duration.ofMillis(3)));
        };
    }

    /** The first transaction of a process loads its classes, and takes that much longer. */
    private static KillMoment transaction(Random random, int occurrence, Duration usual) {
        Duration most = occurrence == 1 ? usual.multipliedBy(FIRST_TRANSACTION) : usual;
        return new KillMoment(Aim.TRANSACTION, occurrence, within(random, most));
    }

    private static Duration within(Random random, Duration most) {
        return Duration.ofNanos((long) (random.nextDouble() * most.toNanos()));
    }

    /** Whether an announcement is of the kind that this waits for. */
    boolean waitsFor(Announcement.Kind kind) {
        return switch (aim) {
            case START, TRAINING -> false;
            case CHECKPOINT -> kind == Announcement.Kind.WRITE_BEGUN;
            case TRANSACTION, OPEN_TRANSACTION -> kind == Announcement.Kind.TRANSACTION_BEGUN;
        };
    }

    /**
     * Whether the moment is here for a process that trains already, or the announcement that brings it will not come.
     *
     * @param aimed how long ago it was decided to kill that process
     */
    boolean hasCome(Duration aimed) {
        return aimed.compareTo(aim == Aim.START || aim == Aim.TRAINING ? delay : NOTHING_MORE) >= 0;
    }

    /** Whether the moment is here, or the announcement that brings it will not come. */
    boolean hasCome(TrainingChild child) {
        long lived = child.sinceStart();
        Duration afterFirstStep = aim == Aim.TRAINING ? delay : NOTHING_MORE;
        return aim == Aim.START
                ? lived >= delay.toNanos()
                : child.trainedAfterNanos()
                        .map(trained -> lived - trained >= afterFirstStep.toNanos())
                        .orElse(lived >= PATIENCE.toNanos());
    }
}
