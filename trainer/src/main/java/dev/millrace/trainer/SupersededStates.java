package dev.millrace.trainer;

import dev.millrace.registry.Artifact;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.Retention;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes what is only needed to train on from versions that have been superseded, and what remembers examples that a model
 * had to forget. Not thread-safe.
 */
final class SupersededStates {

    private static final Logger LOG = LoggerFactory.getLogger(SupersededStates.class);

    private final ArtifactStore store;
    private final Supplier<ModelRegistry> registry;
    private final int kept;
    private final Set<String> deleted = new HashSet<>();

    SupersededStates(ArtifactStore store, Supplier<ModelRegistry> registry, int kept) {
        this.store = store;
        this.registry = registry;
        this.kept = kept;
    }

    /** Deletes those of one model. A failure costs disk space and nothing else, so it is told and not thrown. */
    void deleteOf(String model) {
        try {
            for (Artifact state : Retention.superseded(registry.get(), model, kept)) {
                if (!deleted.contains(state.sha256())) {
                    store.delete(state);
                    deleted.add(state.sha256());
                }
            }
        } catch (IOException | KafkaException e) {
            LOG.warn(
                    "Superseded training states of {} could not be deleted, which is tried again after its next version:"
                            + " {}",
                    model,
                    e.getMessage());
        }
    }
}
