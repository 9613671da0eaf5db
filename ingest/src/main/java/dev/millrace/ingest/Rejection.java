package dev.millrace.ingest;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rule of the contract that a record broke, and how.
 *
 * <p>{@link #reason()} is a stable code of a small fixed set, fit for a metric's tag; {@link #detail()} is a sentence for
 * whoever has to put the producer right. Both go with the record into {@code examples-rejected}.
 */
public sealed interface Rejection {

    /** Every {@link #reason()} there is. */
    Set<String> REASONS = Set.of(
            "null_value",
            "record_too_large",
            "not_utf8",
            "not_json",
            "not_an_object",
            "text_missing",
            "text_not_a_string",
            "text_empty",
            "text_too_long",
            "text_without_tokens",
            "label_missing",
            "label_not_a_string",
            "label_empty",
            "label_too_long",
            "model_unknown",
            "id_invalid",
            "time_invalid",
            "time_out_of_range",
            "weight_invalid",
            "source_invalid",
            "not_unicode",
            "text_unreadable",
            "against_schema",
            "cloud_event_invalid",
            "undecodable");

    /**
     * The rule's code.
     *
     * @return words in lower case joined by underscores, such as {@code text_missing}
     */
    String reason();

    /**
     * What was wrong, for a person.
     *
     * @return one sentence without an end mark
     */
    String detail();

    /** The record has no value. */
    record NullValue() implements Rejection {
        @Override
        public String reason() {
            return "null_value";
        }

        @Override
        public String detail() {
            return "the record's value is null, a labelled example was expected";
        }
    }

    /**
     * The value is larger than admitted.
     *
     * @param bytes size of the value
     * @param limit the largest size admitted
     */
    record RecordTooLarge(int bytes, int limit) implements Rejection {
        @Override
        public String reason() {
            return "record_too_large";
        }

        @Override
        public String detail() {
            return "the record's value has " + bytes + " bytes, at most " + limit + " are admitted";
        }
    }

    /**
     * The value is not UTF-8.
     *
     * @param position the byte, from 0, at which decoding failed
     */
    record NotUtf8(int position) implements Rejection {
        @Override
        public String reason() {
            return "not_utf8";
        }

        @Override
        public String detail() {
            return "the record's value is not UTF-8 at byte " + position;
        }
    }

    /**
     * The value is not one JSON text.
     *
     * @param problem what the JSON parser said
     */
    record NotJson(String problem) implements Rejection {
        @Override
        public String reason() {
            return "not_json";
        }

        @Override
        public String detail() {
            return "the record's value is not JSON: " + problem;
        }
    }

    /**
     * The value is JSON, but no object.
     *
     * @param found what it is
     */
    record NotAnObject(String found) implements Rejection {
        @Override
        public String reason() {
            return "not_an_object";
        }

        @Override
        public String detail() {
            return "the record's value must be a JSON object, but is " + found;
        }
    }

    /** There is no text, or it is null. */
    record TextMissing() implements Rejection {
        @Override
        public String reason() {
            return "text_missing";
        }

        @Override
        public String detail() {
            return "the field \"text\" is missing";
        }
    }

    /**
     * The text has another type.
     *
     * @param found the type it has
     */
    record TextNotAString(String found) implements Rejection {
        @Override
        public String reason() {
            return "text_not_a_string";
        }

        @Override
        public String detail() {
            return "the field \"text\" must be a string, but is " + found;
        }
    }

    /** The text is empty or blank. */
    record TextEmpty() implements Rejection {
        @Override
        public String reason() {
            return "text_empty";
        }

        @Override
        public String detail() {
            return "the field \"text\" is empty or blank";
        }
    }

    /**
     * The text is longer than admitted.
     *
     * @param characters its length in Unicode characters
     * @param limit the greatest length admitted
     */
    record TextTooLong(int characters, int limit) implements Rejection {
        @Override
        public String reason() {
            return "text_too_long";
        }

        @Override
        public String detail() {
            return "the field \"text\" has " + characters + " characters, at most " + limit + " are admitted";
        }
    }

    /**
     * The model's tokenizer finds nothing in the text.
     *
     * @param model the model
     */
    record TextWithoutTokens(String model) implements Rejection {
        @Override
        public String reason() {
            return "text_without_tokens";
        }

        @Override
        public String detail() {
            return "the tokenizer of model \"" + model + "\" finds no token in the field \"text\"";
        }
    }

    /** There is no label, or it is null. */
    record LabelMissing() implements Rejection {
        @Override
        public String reason() {
            return "label_missing";
        }

        @Override
        public String detail() {
            return "the field \"label\" is missing";
        }
    }

    /**
     * The label has another type.
     *
     * @param found the type it has
     */
    record LabelNotAString(String found) implements Rejection {
        @Override
        public String reason() {
            return "label_not_a_string";
        }

        @Override
        public String detail() {
            return "the field \"label\" must be a string, but is " + found;
        }
    }

    /** The label is empty or blank. */
    record LabelEmpty() implements Rejection {
        @Override
        public String reason() {
            return "label_empty";
        }

        @Override
        public String detail() {
            return "the field \"label\" is empty or blank";
        }
    }

    /**
     * The label is longer than admitted.
     *
     * @param characters its length in Unicode characters
     * @param limit the greatest length admitted
     */
    record LabelTooLong(int characters, int limit) implements Rejection {
        @Override
        public String reason() {
            return "label_too_long";
        }

        @Override
        public String detail() {
            return "the field \"label\" has " + characters + " characters, at most " + limit + " are admitted";
        }
    }

    /**
     * No job trains the model that the example is for.
     *
     * @param model what the record says, or null when it says nothing
     * @param known the models that have a job
     */
    record ModelUnknown(@Nullable String model, Set<String> known) implements Rejection {
        @Override
        public String reason() {
            return "model_unknown";
        }

        @Override
        public String detail() {
            return model == null
                    ? "the field \"model\" is missing and there are several models: " + String.join(", ", known)
                    : "no job trains the model " + Quote.of(model) + "; there is: " + String.join(", ", known);
        }
    }

    /**
     * The id cannot be one.
     *
     * @param problem what is wrong with it
     */
    record IdInvalid(String problem) implements Rejection {
        @Override
        public String reason() {
            return "id_invalid";
        }

        @Override
        public String detail() {
            return "the example's id " + problem;
        }
    }

    /**
     * The time cannot be read.
     *
     * @param found what stands there
     */
    record TimeInvalid(String found) implements Rejection {
        @Override
        public String reason() {
            return "time_invalid";
        }

        @Override
        public String detail() {
            return "the example's time must be an ISO-8601 date and time or milliseconds since 1970, but is " + found;
        }
    }

    /**
     * The time is before 1970 or after the record itself.
     *
     * @param found what stands there
     * @param latest the latest time admitted
     */
    record TimeOutOfRange(String found, Instant latest) implements Rejection {
        @Override
        public String reason() {
            return "time_out_of_range";
        }

        @Override
        public String detail() {
            return "the example's time must lie between 1970-01-01T00:00:00Z and " + latest + ", but is " + found;
        }
    }

    /**
     * The weight is not a number above 0.
     *
     * @param found what stands there
     */
    record WeightInvalid(String found) implements Rejection {
        @Override
        public String reason() {
            return "weight_invalid";
        }

        @Override
        public String detail() {
            return "the field \"weight\" must be a number above 0, but is " + found;
        }
    }

    /**
     * The source cannot be one.
     *
     * @param problem what is wrong with it
     */
    record SourceInvalid(String problem) implements Rejection {
        @Override
        public String reason() {
            return "source_invalid";
        }

        @Override
        public String detail() {
            return "the example's source " + problem;
        }
    }

    /**
     * A string holds half of a surrogate pair, which no encoding can carry on.
     *
     * @param field the field
     */
    record NotUnicode(String field) implements Rejection {
        @Override
        public String reason() {
            return "not_unicode";
        }

        @Override
        public String detail() {
            return "the field \"" + field + "\" holds an unpaired surrogate, which is no Unicode text";
        }
    }

    /**
     * The tokenizer failed on this text.
     *
     * @param problem what it said
     */
    record TextUnreadable(String problem) implements Rejection {
        @Override
        public String reason() {
            return "text_unreadable";
        }

        @Override
        public String detail() {
            return "the tokenizer failed on the field \"text\": " + problem;
        }
    }

    /**
     * The example breaks a rule of the JSON Schema that none of the others is about.
     *
     * @param field whose rule it is, or empty when it is about the whole example
     * @param problem what the schema's validator said
     */
    record AgainstSchema(String field, String problem) implements Rejection {
        @Override
        public String reason() {
            return "against_schema";
        }

        @Override
        public String detail() {
            return (field.isEmpty() ? "the example" : "the field " + Quote.of(field))
                    + " is not as the JSON Schema says: " + problem;
        }
    }

    /**
     * The value is no CloudEvent in structured mode, though the header content-type says so.
     *
     * @param problem what is wrong with it
     */
    record CloudEventInvalid(String problem) implements Rejection {
        @Override
        public String reason() {
            return "cloud_event_invalid";
        }

        @Override
        public String detail() {
            return "the CloudEvent " + problem;
        }
    }

    /**
     * The value names a schema of the schema registry, but cannot be decoded by it.
     *
     * @param problem what is wrong with it
     */
    record Undecodable(String problem) implements Rejection {
        @Override
        public String reason() {
            return "undecodable";
        }

        @Override
        public String detail() {
            return "the record's value cannot be decoded: " + problem;
        }
    }
}
