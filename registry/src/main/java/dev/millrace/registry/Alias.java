package dev.millrace.registry;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A name that points at one version of a model and can be moved: the value under {@code model@alias} in the
 * {@code model-registry} topic. A {@link Pin} on it comes before it.
 *
 * @param model the model's name
 * @param alias the name, such as {@code champion}
 * @param version what it points at
 * @param previous what it pointed at before, or null when it is new or nobody knew
 * @param time when it was moved there
 * @param by who moved it
 * @param reason why
 */
public record Alias(
        String model, String alias, long version, @Nullable Long previous, Instant time, String by, String reason)
        implements RegistryEntry {

    /** What is served, unless a subscriber asks for another alias. */
    public static final String CHAMPION = "champion";

    /** The newest version, whatever became of it at the gate. */
    public static final String CANDIDATE = "candidate";

    public Alias {
        if (model.isBlank() || alias.isBlank()) {
            throw new IllegalArgumentException("model and alias must not be blank");
        }
        if (version < 1) {
            throw new IllegalArgumentException("version must be >= 1, but is " + version);
        }
    }
}
