package dev.millrace.trainer;

import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * Told what the trainer does, so that others can count and time it. Called on the training thread: implementations
 * return at once.
 */
public interface TrainingObserver {

    /** An observer that ignores everything. */
    TrainingObserver NONE = new TrainingObserver() {};

    /**
     * A model is trained here from now on; or once more from an earlier offset, after it was told to forget.
     *
     * @param model which model
     * @param partition of the ledger that its examples are in
     * @param standing how far it is, as the version says that it goes on from
     */
    default void opened(String model, int partition, Standing standing) {}

    /**
     * A model is trained here no more; another process may have it now.
     *
     * @param model which model
     */
    default void closed(String model) {}

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
     * A snapshot of the model was taken on the training thread.
     *
     * @param model which model
     * @param stall how long the training thread was held up by it
     */
    default void snapshot(String model, Duration stall) {}

    /**
     * The training thread did something for a while. Every moment of it is told, and once.
     *
     * @param activity what it did
     * @param time for how long
     */
    default void spent(TrainingActivity activity, Duration time) {}

    /**
     * A mini-batch was answered by a model that is frozen, and not learned.
     *
     * @param model which model
     * @param examples in it
     * @param correct answered right
     */
    default void answered(String model, int examples, int correct) {}

    /**
     * A mini-batch is done with: it was answered, and learned unless the model is frozen.
     *
     * @param model which model
     * @param standing how far the model is behind it
     * @param examples what was answered to each of its fresh examples, in the order of the log; those that are held out
     *     are not among them, nor any of a mini-batch that was set aside
     */
    default void answeredEach(String model, Standing standing, List<AnsweredExample> examples) {}

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
