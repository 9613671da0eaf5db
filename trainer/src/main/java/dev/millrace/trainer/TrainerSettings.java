package dev.millrace.trainer;

import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a trainer is connected to and what it trains.
 *
 * @param jobs what is trained, by the names of the models; at least one
 * @param ledgerTopic the topic of validated examples, keyed by model
 * @param rejectedTopic the topic of dead letters
 * @param registryTopic the topic of versions and aliases
 * @param groupId the consumer group that shares the models among trainers
 * @param instanceId a name of this trainer that is the same after a restart and that no other trainer of the group has,
 *     or null; with one, a trainer that was killed is replaced at once, and of two with the same the older stops
 * @param sessionTimeout how long a trainer may be silent before another takes over its models
 * @param activeTrainers how many trainers of the group may have models at a time, while the others stand by; 0 for all
 * @param clientProperties of every Kafka client: {@code bootstrap.servers} at least
 * @param openModels how many models may stay in memory that have nothing to learn
 * @param policy of mini-batches and versions
 */
public record TrainerSettings(
        Map<String, Job> jobs,
        String ledgerTopic,
        String rejectedTopic,
        String registryTopic,
        String groupId,
        @Nullable String instanceId,
        Duration sessionTimeout,
        int activeTrainers,
        Map<String, String> clientProperties,
        int openModels,
        VersionPolicy policy) {

    public TrainerSettings {
        jobs = Map.copyOf(jobs);
        clientProperties = Map.copyOf(clientProperties);
        if (jobs.isEmpty()) {
            throw new IllegalArgumentException("jobs must name at least one model");
        }
    }

    /** {@return the names of the models} */
    public Set<String> models() {
        return jobs.keySet();
    }

    /**
     * How a model is trained.
     *
     * @param model one of {@link #models}
     * @return its job
     * @throws IllegalArgumentException when it is none of them
     */
    public Job job(String model) {
        Job job = jobs.get(model);
        if (job == null) {
            throw new IllegalArgumentException("there is no job for a model " + model);
        }
        return job;
    }

    /** The recipe whose steps take the most memory. */
    Recipe largest() {
        return jobs.values().stream()
                .map(Job::recipe)
                .max(Comparator.comparingLong(recipe -> (long) recipe.batchSize() * recipe.maxTokens()))
                .orElseThrow();
    }
}
