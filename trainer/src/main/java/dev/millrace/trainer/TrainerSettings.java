package dev.millrace.trainer;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a trainer is connected to and what it trains.
 *
 * @param models the jobs, by the names of their models; at least one
 * @param ledgerTopic the topic of validated examples, keyed by model
 * @param rejectedTopic the topic of dead letters
 * @param registryTopic the topic of versions and aliases
 * @param groupId the consumer group that shares the models among trainers
 * @param instanceId a name of this trainer that is the same after a restart and that no other trainer of the group has,
 *     or null; with one, a trainer that was killed is replaced at once, and of two with the same the older stops
 * @param sessionTimeout how long a trainer may be silent before another takes over its models
 * @param clientProperties of every Kafka client: {@code bootstrap.servers} at least
 * @param recipe of learning
 * @param policy of mini-batches and versions
 */
public record TrainerSettings(
        Set<String> models,
        String ledgerTopic,
        String rejectedTopic,
        String registryTopic,
        String groupId,
        @Nullable String instanceId,
        Duration sessionTimeout,
        Map<String, String> clientProperties,
        Recipe recipe,
        VersionPolicy policy) {

    public TrainerSettings {
        models = Set.copyOf(models);
        clientProperties = Map.copyOf(clientProperties);
        if (models.isEmpty()) {
            throw new IllegalArgumentException("models must name at least one model");
        }
    }
}
