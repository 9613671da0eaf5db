package dev.millrace.ingest;

/**
 * Says whether a model could learn anything from a text, and which models there are beside those of the settings.
 *
 * <p>Called on the threads of the topology, several at once: implementations are thread-safe.
 */
@FunctionalInterface
public interface TextProbe {

    /** A probe that admits every text. */
    TextProbe ANY = (model, text) -> true;

    /** A probe for records that were judged before: it admits every text, and knows every model. */
    TextProbe JUDGED = new TextProbe() {
        @Override
        public boolean hasTokens(String model, String text) {
            return true;
        }

        @Override
        public boolean knows(String model) {
            return true;
        }
    };

    /**
     * Whether the model's tokenizer finds a token in the text.
     *
     * @param model the model the example is for
     * @param text the text, not blank
     * @return false when nothing of the text would reach the model
     */
    boolean hasTokens(String model, String text);

    /**
     * Whether there is a job for a model that the settings do not name. A job whose creation was committed before a record
     * was produced is known when the record is read.
     *
     * @param model named by an example
     * @return true when its examples are to be learned
     * @throws org.apache.kafka.common.errors.RetriableException when it cannot be found out now
     */
    default boolean knows(String model) {
        return false;
    }
}
