package dev.millrace.app;

import dev.millrace.registry.GovernanceException;
import dev.millrace.registry.JobRecord;
import dev.millrace.registry.JobTerms;
import dev.millrace.trainer.Recipe;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Completes jobs by the settings of this process, for the command and the HTTP API alike.
 *
 * @param settings what is as it is there where nothing else was said
 */
record JobCompletion(Settings settings) implements JobTerms.Completion {

    @Override
    public JobTerms complete(String model, @Nullable String base, Map<String, String> recipe) {
        if (settings.models().contains(model)) {
            throw new GovernanceException(
                    "the setting models names " + model + " already; a job can only be created for another model");
        }
        Recipe own = settings.recipe().with(RecipeChanges.check(recipe, settings.recipe()));
        String from = base == null ? settings.trainer().base() : base;
        try {
            CatalogJobs.of(settings, new JobRecord(model, from, own.asMap(), Instant.EPOCH, "", ""));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("no job was created: " + e.getMessage(), e);
        }
        return new JobTerms(from, own.asMap());
    }
}
