package dev.millrace.trainer;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Settings of a trainer that differ from others in one thing. */
final class Altered {

    private Altered() {}

    /** With more properties of the Kafka clients. */
    static TrainerSettings client(TrainerSettings from, Map<String, String> more) {
        Map<String, String> client = new HashMap<>(from.clientProperties());
        client.putAll(more);
        return with(from, from.ledgerTopic(), from.instanceId(), from.sessionTimeout(), client, from.jobs());
    }

    /** With clients that give up after seconds, not after minutes. */
    static TrainerSettings impatient(TrainerSettings from) {
        return client(
                from,
                Map.of(
                        "delivery.timeout.ms", "1000",
                        "request.timeout.ms", "900",
                        "max.block.ms", "2500",
                        "default.api.timeout.ms", "2500"));
    }

    static TrainerSettings recipe(TrainerSettings from, Recipe recipe) {
        Map<String, Job> jobs = new HashMap<>();
        from.jobs().forEach((model, job) -> jobs.put(model, new Job(job.base(), recipe)));
        return with(from, from.ledgerTopic(), from.instanceId(), from.sessionTimeout(), from.clientProperties(), jobs);
    }

    static TrainerSettings ledger(TrainerSettings from, String topic) {
        return with(from, topic, from.instanceId(), from.sessionTimeout(), from.clientProperties(), from.jobs());
    }

    static TrainerSettings instance(TrainerSettings from, String id, Duration sessionTimeout) {
        return with(from, from.ledgerTopic(), id, sessionTimeout, from.clientProperties(), from.jobs());
    }

    static TrainerSettings openModels(TrainerSettings from, int openModels) {
        return new TrainerSettings(
                from.jobs(),
                from.ledgerTopic(),
                from.rejectedTopic(),
                from.registryTopic(),
                from.groupId(),
                from.instanceId(),
                from.sessionTimeout(),
                from.activeTrainers(),
                from.clientProperties(),
                openModels,
                from.policy());
    }

    static TrainerSettings activeTrainers(TrainerSettings from, int activeTrainers) {
        return new TrainerSettings(
                from.jobs(),
                from.ledgerTopic(),
                from.rejectedTopic(),
                from.registryTopic(),
                from.groupId(),
                from.instanceId(),
                from.sessionTimeout(),
                activeTrainers,
                from.clientProperties(),
                from.openModels(),
                from.policy());
    }

    private static TrainerSettings with(
            TrainerSettings from,
            String ledgerTopic,
            @Nullable String instanceId,
            Duration sessionTimeout,
            Map<String, String> client,
            Map<String, Job> jobs) {
        return new TrainerSettings(
                jobs,
                ledgerTopic,
                from.rejectedTopic(),
                from.registryTopic(),
                from.groupId(),
                instanceId,
                sessionTimeout,
                from.activeTrainers(),
                client,
                from.openModels(),
                from.policy());
    }
}
