package dev.millrace.trainer;

import dev.millrace.ingest.OffsetRanges;
import dev.millrace.registry.Lineage;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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

    Unlearning(ModelOpener opener) {
        this.opener = opener;
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
     * @throws IllegalStateException when the training states are gone, and the ledger too
     */
    Rewound rewind(ModelTraining tainted, ModelRegistry registry, long beginning) {
        ModelTraining.Demand demand = tainted.demand().orElseThrow();
        List<VersionRecord> line = Line.of(registry, tainted.model());
        OffsetRanges first = demand.forget().offsets();
        List<Lineage> since = new ArrayList<>(List.of(tainted.lineage()));
        for (int i = line.size() - 1; i >= 0; i--) {
            VersionRecord ancestor = line.get(i);
            long offset = ancestor.position().nextOffset();
            if (offset <= first.first() && offset >= beginning) {
                Optional<ModelTraining> training = again(ancestor, since, first, demand.offset());
                if (training.isPresent()) {
                    LOG.info(
                            "{} forgets {}: training again from version {}, offset {}",
                            tainted.model(),
                            demand.forget().selection(),
                            ancestor.version(),
                            offset);
                    return new Rewound(training.get(), ancestor);
                }
            }
            since.add(0, Line.lineage(ancestor));
        }
        long start = since.get(0).fromOffset();
        if (beginning > start) {
            throw new IllegalStateException(tainted.model() + " has to forget "
                    + demand.forget().selection()
                    + " (control record at offset " + demand.offset() + "), but no version from before offset "
                    + first.first() + " has its training state any more, and the ledger no longer begins at offset "
                    + start + " but at " + beginning
                    + ". Restore the training state of such a version, or give the model another name to start anew"
                    + " from what is left");
        }
        LOG.info(
                "{} forgets {}: training again from the base, offset {}",
                tainted.model(),
                demand.forget().selection(),
                start);
        OffsetRanges forgotten = Course.forgotten(since).and(first);
        Course course = Course.again(start, true, since, forgotten, demand.offset() + 1);
        return new Rewound(opener.again(tainted.model(), Line.firstRecipe(since), course), null);
    }

    private Optional<ModelTraining> again(VersionRecord ancestor, List<Lineage> since, OffsetRanges more, long offset) {
        OffsetRanges forgotten = Course.forgotten(since).and(more);
        long from = ancestor.position().nextOffset();
        try {
            return Optional.of(opener.again(ancestor, Course.again(from, false, since, forgotten, offset + 1)));
        } catch (IOException e) {
            LOG.info("Not from version {}: {}", ancestor.version(), e.getMessage());
            return Optional.empty();
        }
    }
}
