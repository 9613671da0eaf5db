package dev.millrace.ingest;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What a record of {@code inputs} or {@code labels} says of an example whose other half comes by itself. */
sealed interface Half {

    String id();

    String model();

    /**
     * A text without its label.
     *
     * @param time when it came to be, by its producer
     * @param source who produced it, or null when nobody said
     */
    record Input(
            String id,
            String model,
            String text,
            Instant time,
            @Nullable String source) implements Half {}

    /**
     * A label without its text.
     *
     * @param time when it was given, by its producer
     * @param source who gave it, or null when nobody said
     * @param weight above 0 and finite
     */
    record Label(
            String id,
            String model,
            String label,
            Instant time,
            @Nullable String source,
            double weight) implements Half {}

    /** What the two halves of one example have in common. A model's name holds no line break: no two share a key. */
    default String key() {
        return model() + '\n' + id();
    }

    /** {@return whose half it is that has this key} */
    static String modelOf(String key) {
        return key.substring(0, key.indexOf('\n'));
    }
}
