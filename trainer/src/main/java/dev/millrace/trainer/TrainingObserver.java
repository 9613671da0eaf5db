package dev.millrace.trainer;

import java.io.IOException;
import java.time.Duration;

/**
 * Told what the trainer does, so that others can count and time it. Called on the training thread: implementations
 * return at once.
 */
public interface TrainingObserver {

    /** An observer that ignores everything. */
    TrainingObserver NONE = new TrainingObserver() {};

    /**
     * A mini-batch was scored and learned.
     *
     * @param model which model
     * @param report what came of it
     */
    default void stepped(String model, StepReport report) {}

    /**
     * How far the trainer is behind.
     *
     * @param model which model
     * @param records in its partition of the ledger that are not trained on yet
     */
    default void lag(String model, long records) {}

    /**
     * The trainer no longer holds a model, whose partition another may hold now.
     *
     * @param model which model
     */
    default void released(String model) {}

    /**
     * A snapshot of the model was taken on the training thread.
     *
     * @param model which model
     * @param stall how long the training thread was held up by it
     */
    default void snapshot(String model, Duration stall) {}

    /**
     * A mini-batch was answered by a model that is frozen, and not learned.
     *
     * @param model which model
     * @param examples in it
     * @param correct answered right
     */
    default void answered(String model, int examples, int correct) {}

    /**
     * The answers of a model became worse, more than chance explains, for one label or over all.
     *
     * @param model which model
     * @param drift what became worse, and since when
     */
    default void drifted(String model, Drift drift) {}

    /**
     * A mini-batch was given up, because its loss or gradient was not finite in two tries; its examples go to the dead
     * letters with the next version.
     *
     * @param model which model
     * @param examples in it
     */
    default void setAside(String model, int examples) {}

    /**
     * The files of a version could not be written. The version waits in memory, and is tried again.
     *
     * @param model which model
     * @param version which version
     * @param cause why not
     */
    default void writeFailed(String model, long version, IOException cause) {}

    /**
     * A version whose files are durable could not be published. It waits, and is tried again.
     *
     * @param model which model
     * @param version which version
     * @param cause why not
     */
    default void publishFailed(String model, long version, RuntimeException cause) {}
}
