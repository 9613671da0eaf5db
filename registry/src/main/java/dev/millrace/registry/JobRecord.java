package dev.millrace.registry;

import java.time.Instant;
import java.util.Map;

/**
 * A job that was created while others run: the value under {@code model!job}. From then on ingest takes examples of the
 * model and a trainer learns them; a tombstone ends that. What the settings of a process say of a model comes first.
 *
 * @param model the model's name
 * @param base the name of the pretrained model that it starts from
 * @param settings of its recipe, by their names
 * @param time when it was created
 * @param by who created it
 * @param reason why
 */
public record JobRecord(String model, String base, Map<String, String> settings, Instant time, String by, String reason)
        implements RegistryEntry {

    public JobRecord {
        settings = Map.copyOf(settings);
    }
}
