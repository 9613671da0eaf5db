package dev.millrace.trainer;

import dev.millrace.registry.Artifact;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.Retention;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deletes what is only needed to train on from versions that have been superseded. Served files are never touched. */
final class SupersededStates {

    private static final Logger LOG = LoggerFactory.getLogger(SupersededStates.class);

    private final ArtifactStore store;
    private final int kept;
    private final Set<String> deleted = new HashSet<>();

    SupersededStates(ArtifactStore store, int kept) {
        this.store = store;
        this.kept = kept;
    }

    /** Deletes those of one model. A failure costs disk space and nothing else, so it is told and not thrown. */
    void deleteOf(Supplier<ModelRegistry> registry, String model) {
        for (Artifact state : Retention.superseded(registry.get(), model, kept)) {
            if (!deleted.add(state.sha256())) {
                continue;
            }
            try {
                store.delete(state);
            } catch (IOException e) {
                deleted.remove(state.sha256());
                LOG.warn("A superseded training state of {} could not be deleted: {}", model, e.getMessage());
            }
        }
    }
}
