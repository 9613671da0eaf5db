package dev.millrace.trainer;

/** A step had a loss or a gradient that is not finite; nothing of it may reach a checkpoint. */
public final class NonFiniteLossException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    NonFiniteLossException(long step, double loss, double gradientNorm) {
        super("Step " + step + " has loss " + loss + " and gradient norm " + gradientNorm
                + ". If mini-batches go on like that, training has diverged: the last version is intact; lower the"
                + " learning rate (trainer.encoder-learning-rate).");
    }
}
