package dev.millrace.ingest;

/**
 * Says whether a model could learn anything from a text.
 *
 * <p>Called on the threads of the topology, several at once: implementations are thread-safe.
 */
@FunctionalInterface
public interface TextProbe {

    /** A probe that admits every text. */
    TextProbe ANY = (model, text) -> true;

    /**
     * Whether the model's tokenizer finds a token in the text.
     *
     * @param model the model the example is for
     * @param text the text, not blank
     * @return false when nothing of the text would reach the model
     */
    boolean hasTokens(String model, String text);
}
