package dev.millrace.app;

import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What inputs are read from and answered to.
 *
 * @param clientProperties of every Kafka client; may hold secrets
 * @param inputs the topic of texts
 * @param predictions the topic of answers
 * @param rejected the topic of dead letters
 * @param groupId of the consumers, which share out the partitions
 * @param instanceId the name of this process in the group, or null
 * @param batchTexts the most texts that are answered together
 * @param top how many labels a prediction ranks
 */
record PredictionSettings(
        Map<String, Object> clientProperties,
        String inputs,
        String predictions,
        String rejected,
        String groupId,
        @Nullable String instanceId,
        int batchTexts,
        int top) {

    PredictionSettings {
        clientProperties = Map.copyOf(clientProperties);
    }

    static PredictionSettings of(Settings settings) {
        return new PredictionSettings(
                settings.kafka().clientProperties(),
                settings.topics().inputs(),
                settings.topics().predictions(),
                settings.topics().examplesRejected(),
                settings.score().groupId(),
                settings.instanceId(),
                settings.score().limits().batchTexts(),
                settings.score().top());
    }

    /**
     * A name for transactions. One that is the same after a restart ends what the process before it left open; without
     * such a one it must be a name that no other process has. Who may commit is decided by the group, not by this name.
     */
    String transactionalId() {
        return groupId + "-" + (instanceId == null ? UUID.randomUUID() : instanceId);
    }

    /** Leaves the secrets out. */
    @Override
    public String toString() {
        return "PredictionSettings[inputs=" + inputs + ", predictions=" + predictions + ", rejected=" + rejected
                + ", groupId=" + groupId + ", instanceId=" + instanceId + ", batchTexts=" + batchTexts + ", top=" + top
                + "]";
    }
}
