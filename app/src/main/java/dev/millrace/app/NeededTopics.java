package dev.millrace.app;

import dev.millrace.ingest.IngestSettings;
import dev.millrace.ingest.IngestTopics;
import dev.millrace.ingest.TopicFormat;
import dev.millrace.registry.DeploymentTopic;
import dev.millrace.registry.RegistryTopic;
import dev.millrace.trainer.ProgressTopic;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import org.apache.kafka.clients.admin.NewTopic;
import org.jspecify.annotations.Nullable;

/** The topics of a Millrace, as they are created where they are missing. */
final class NeededTopics {

    private NeededTopics() {}

    /**
     * All of them.
     *
     * @param settings their names, how many partitions and how many copies
     * @param directory that paths start from
     */
    static List<NewTopic> of(Settings settings, Path directory) {
        int partitions = settings.kafka().partitions();
        short replication = settings.kafka().replicationFactor();
        Settings.Topics names = settings.topics();
        List<NewTopic> topics =
                new ArrayList<>(IngestTopics.of(ingestSettings(settings, directory), partitions, replication));
        topics.addAll(RegistryTopic.all(names.modelRegistry(), replication));
        topics.add(DeploymentTopic.of(names.deployments(), replication));
        topics.add(ProgressTopic.of(names.trainingProgress(), replication));
        topics.add(new NewTopic(names.inputs(), partitions, replication));
        topics.add(new NewTopic(names.predictions(), partitions, replication));
        return topics;
    }

    /** For examples by the contract, whatever the topic has. */
    static IngestSettings ingestSettings(Settings settings, Path directory) {
        return new IngestSettings(
                settings.kafka().bootstrapServers(),
                settings.ingest().applicationId(),
                settings.instanceId(),
                directory.resolve(settings.dataDirectory()).resolve("ingest"),
                new IngestSettings.Topics(
                        settings.topics().examples(),
                        settings.topics().trainingExamples(),
                        settings.topics().examplesRejected()),
                new LinkedHashSet<>(settings.models()),
                settings.ingest().maxTextCharacters(),
                settings.ingest().maxRecordBytes(),
                settings.ingest().deduplicationWindow(),
                settings.ingest().threads(),
                settings.ingest().standbyReplicas(),
                joining(settings),
                settings.kafka().client(),
                TopicFormat.CONTRACT,
                shedding(settings),
                CopiedModels.of(settings));
    }

    private static IngestSettings.@Nullable Shedding shedding(Settings settings) {
        Settings.Ingest ingest = settings.ingest();
        return ingest.shedAboveLag() == 0
                ? null
                : new IngestSettings.Shedding(
                        settings.trainer().groupId(), ingest.shedAboveLag(), ingest.shedKeepAtLeast());
    }

    private static IngestSettings.@Nullable Joining joining(Settings settings) {
        Settings.Topics topics = settings.topics();
        Settings.Ingest ingest = settings.ingest();
        return ingest.joinWindow().isZero()
                ? null
                : new IngestSettings.Joining(
                        topics.inputs(),
                        topics.labels(),
                        topics.examplesUnpaired(),
                        ingest.joinWindow(),
                        ingest.corrections());
    }
}
