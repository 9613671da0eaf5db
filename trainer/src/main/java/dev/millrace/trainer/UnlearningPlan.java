package dev.millrace.trainer;

import dev.millrace.ingest.OffsetRanges;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.VersionRecord;
import java.util.List;
import java.util.Optional;

/**
 * From where a model is trained again so that it never saw some examples.
 *
 * @param ancestor the newest version of its line that never saw any of them and whose training state is there, or empty
 *     for the base
 * @param fromOffset where in the ledger that is
 */
public record UnlearningPlan(Optional<VersionRecord> ancestor, long fromOffset) {

    /**
     * Makes a plan.
     *
     * @param registry what there is
     * @param model that has to forget
     * @param offsets of the examples; not empty
     * @param beginning the first offset that the model's partition of the ledger still holds
     * @param store of the training states
     * @return the plan with the least to train again
     * @throws ReplayException when neither a training state nor the ledger reaches back far enough
     */
    public static UnlearningPlan of(
            ModelRegistry registry, String model, OffsetRanges offsets, long beginning, ArtifactStore store) {
        List<VersionRecord> line = Line.of(registry, model);
        for (int i = line.size() - 1; i >= 0; i--) {
            VersionRecord version = line.get(i);
            long offset = version.position().nextOffset();
            if (offset <= offsets.first() && offset >= beginning && CheckpointFiles.isStateThere(store, version)) {
                return new UnlearningPlan(Optional.of(version), offset);
            }
        }
        long start = line.isEmpty() ? beginning : Line.lineage(line.get(0)).fromOffset();
        if (beginning > start) {
            throw new ReplayException("No version of " + model + " from before offset " + offsets.first()
                    + " has its training state any more, and the ledger no longer begins at offset " + start
                    + " but at " + beginning + ": what came first is gone, so " + model
                    + " cannot be trained again without the rest. Restore the training state of such a version, or give"
                    + " the model another name to start anew from what is left");
        }
        return new UnlearningPlan(Optional.empty(), start);
    }
}
