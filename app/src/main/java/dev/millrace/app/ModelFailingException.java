package dev.millrace.app;

/** A model cannot answer anything now, whatever the text: its inputs have to wait. */
final class ModelFailingException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    ModelFailingException(String model, Throwable cause) {
        super("model " + model + " answers no text at all: " + cause, cause);
    }
}
