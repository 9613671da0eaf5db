package dev.millrace.trainer;

import dev.millrace.ingest.OffsetRanges;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.Lineage;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a model back to where it had not seen what it has to forget, to be trained from there once more without it
 * (exact unlearning by retraining from a checkpoint, as in SISA: Bourtoule et al. 2021).
 *
 * <p>The model that results is, to the bit, the one that never was given these examples.
 */
final class Unlearning {

    private static final Logger LOG = LoggerFactory.getLogger(Unlearning.class);

    private final ModelOpener opener;
    private final ArtifactStore store;

    Unlearning(ModelOpener opener, ArtifactStore store) {
        this.opener = opener;
        this.store = store;
    }

    /** A training that begins further back, and the version it begins at; null for the base. */
    record Rewound(ModelTraining training, @Nullable VersionRecord ancestor) {}

    /**
     * Rewinds a model.
     *
     * @param tainted the model, which has met the control record that asks for it
     * @param registry with the newest version of the model
     * @param beginning the first offset that its partition still has
     * @return its training from the nearest version that never saw any of it, or from the base
     * @throws ReplayException when the training states are gone, and the ledger too
     */
    Rewound rewind(ModelTraining tainted, ModelRegistry registry, long beginning) {
        String model = tainted.model();
        ModelTraining.Demand demand = tainted.demand().orElseThrow();
        UnlearningPlan plan = UnlearningPlan.of(registry, model, demand.offsets(), beginning, store);
        List<VersionRecord> line = Line.of(registry, model);
        List<Lineage> since =
                new ArrayList<>(line.subList(plan.ancestor().map(line::indexOf).orElse(-1) + 1, line.size()).stream()
                        .map(Line::lineage)
                        .toList());
        since.add(tainted.lineage());
        OffsetRanges forgotten = Course.forgotten(since).and(demand.offsets());
        long from = since.get(0).fromOffset();
        Course course = Course.again(from, plan.ancestor().isEmpty(), since, forgotten, demand.offset() + 1);
        LOG.info(
                "{} forgets {}: training again from {}, offset {}",
                model,
                demand.selection(),
                plan.ancestor().map(version -> "version " + version.version()).orElse("the base"),
                from);
        if (plan.ancestor().isEmpty()) {
            return new Rewound(opener.again(model, Line.firstRecipe(since), course), null);
        }
        VersionRecord ancestor = plan.ancestor().get();
        try {
            return new Rewound(opener.again(ancestor, course), ancestor);
        } catch (IOException e) {
            throw new ReplayException(
                    model + " cannot go back to version " + ancestor.version() + ": " + e.getMessage(), e);
        }
    }
}
