package dev.millrace.registry;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the model of a job starts from, and how it learns.
 *
 * @param base the name of the pretrained model
 * @param settings of its recipe, all of them, by their names
 */
public record JobTerms(String base, Map<String, String> settings) {

    public JobTerms {
        settings = Map.copyOf(settings);
    }

    /** Completes what somebody who creates a job has said of it. Implementations are thread-safe. */
    @FunctionalInterface
    public interface Completion {

        /**
         * Completes it.
         *
         * @param model the model's name
         * @param base that was named, or null
         * @param recipe the settings that were given, by their names
         * @return the terms of the job
         * @throws GovernanceException if no job can be created for the model
         * @throws IllegalArgumentException if there is no such base or setting, or a setting is not as it must be; the
         *     message is for people
         */
        JobTerms complete(String model, @Nullable String base, Map<String, String> recipe);
    }
}
