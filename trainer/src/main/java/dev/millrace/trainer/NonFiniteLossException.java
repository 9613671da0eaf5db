package dev.millrace.trainer;

/** Training has diverged; nothing of this step may reach a checkpoint. */
public final class NonFiniteLossException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    NonFiniteLossException(long step, double loss, double gradientNorm) {
        super("Step " + step + " has loss " + loss + " and gradient norm " + gradientNorm
                + ": training has diverged and stops here; the last version is intact. Lower the learning rates"
                + " (trainer.encoder-learning-rate) and start again.");
    }
}
