package dev.millrace.trainer;

import dev.millrace.registry.Lineage;
import dev.millrace.registry.VersionRecord;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;

/** How far back a model can be replayed, when the ledger no longer holds all that it was trained on. */
final class ReplayHorizon {

    private ReplayHorizon() {}

    /**
     * What can no longer be replayed.
     *
     * @param versions of one model, oldest first, all trained from one partition
     * @param partition of the ledger
     * @param beginning the first offset that it still holds
     * @return a sentence for people, or empty when everything can be replayed from the base
     */
    static Optional<String> lost(List<VersionRecord> versions, TopicPartition partition, long beginning) {
        if (versions.isEmpty()) {
            return Optional.empty();
        }
        long began = lineBegan(versions);
        if (beginning <= began) {
            return Optional.empty();
        }
        VersionRecord newest = versions.get(versions.size() - 1);
        VersionRecord oldestStart = versions.stream()
                .filter(version -> version.position().nextOffset() >= beginning)
                .findFirst()
                .orElse(newest);
        String gone = oldestStart.version() == versions.get(0).version()
                ? ""
                : " Versions " + versions.get(0).version() + " to " + (oldestStart.version() - 1)
                        + " are not a start for a replay either.";
        return Optional.of("The ledger " + partition + " now begins at offset " + beginning + ", but "
                + newest.model() + " was trained from offset " + began + " on: versions "
                + versions.get(0).version() + " to " + newest.version() + " can no longer be replayed from the base."
                + gone + " Replay is still possible from version " + oldestStart.version()
                + " on, from the training state of that version or of a later one, where it is kept. Training goes on;"
                + " keep the ledger for longer (retention.ms, retention.bytes) if versions must stay replayable");
    }

    /** Where the first version began; records from before that was kept are taken to have begun with the ledger. */
    private static long lineBegan(List<VersionRecord> versions) {
        Lineage first = versions.get(0).lineage();
        return first == null ? 0 : first.fromOffset();
    }
}
