package dev.millrace.ingest;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A text and the label it should be given: what the trainer learns from.
 *
 * <p>A value of this type is valid by construction: it can only be made from fields that obey the contract, so no later
 * stage checks again. Immutable and safe for use by several threads.
 *
 * @param id what makes two examples the same one; never blank
 * @param model the model (job) the example is for; never blank
 * @param text the input; never blank
 * @param label the answer; never blank, at most {@value #MAX_LABEL_CHARACTERS} characters
 * @param time when the example came to be, by its producer
 * @param source who produced it, or null when nobody said
 * @param weight how much the example counts in the loss, above 0 and finite; 1 by default
 * @param replaces the label that the text had been given before and should not have been, or null when there was none
 */
public record LabelledExample(
        String id,
        String model,
        String text,
        String label,
        Instant time,
        @Nullable String source,
        double weight,
        @Nullable String replaces)
        implements LedgerRecord {

    /** The longest label that is admitted, in Unicode characters. */
    public static final int MAX_LABEL_CHARACTERS = 200;

    public LabelledExample {
        requireText("id", id);
        requireText("model", model);
        requireText("text", text);
        requireText("label", label);
        if (!Characters.atMost(MAX_LABEL_CHARACTERS, label)) {
            throw new IllegalArgumentException("label must have at most " + MAX_LABEL_CHARACTERS
                    + " characters, but has " + Characters.count(label));
        }
        if (!(weight > 0 && weight < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("weight must be above 0 and finite, but is " + weight);
        }
    }

    /**
     * The same for another model.
     *
     * @param other the model's name; never blank
     * @return an example that differs in that alone
     */
    public LabelledExample forModel(String other) {
        return new LabelledExample(id, other, text, label, time, source, weight, replaces);
    }

    /**
     * An example that corrects none.
     *
     * @param id what makes two examples the same one
     * @param model the model the example is for
     * @param text the input
     * @param label the answer
     * @param time when the example came to be
     * @param source who produced it, or null
     * @param weight how much it counts
     */
    public LabelledExample(
            String id, String model, String text, String label, Instant time, @Nullable String source, double weight) {
        this(id, model, text, label, time, source, weight, null);
    }

    private static void requireText(String name, String value) {
        if (value.isBlank()) {
            throw new IllegalArgumentException(name + " must not be blank");
        }
    }
}
