package dev.millrace.app;

import static org.apache.kafka.common.acl.AclOperation.CREATE;
import static org.apache.kafka.common.acl.AclOperation.DELETE;
import static org.apache.kafka.common.acl.AclOperation.DESCRIBE;
import static org.apache.kafka.common.acl.AclOperation.DESCRIBE_CONFIGS;
import static org.apache.kafka.common.acl.AclOperation.READ;
import static org.apache.kafka.common.acl.AclOperation.WRITE;

import dev.millrace.registry.Governance;
import dev.millrace.registry.RegistryTopic;
import dev.millrace.trainer.FirstVersion;
import java.util.ArrayList;
import java.util.List;

/**
 * The rights in Kafka that each user needs, and no more: what {@code millrace acls} prints, what {@code run} asks for
 * before it begins, and what the tables of docs/security.md are made from. Topics are taken to be there: to create them
 * takes a right to CREATE besides.
 */
final class NeededRights {

    private NeededRights() {}

    /**
     * The rights of one user.
     *
     * @param user who
     * @param settings that name topics, groups and transactions
     */
    static List<NeededRight> of(KafkaUser user, Settings settings) {
        Settings.Topics topics = settings.topics();
        String registry = topics.modelRegistry();
        String audit = RegistryTopic.auditOf(registry);
        return switch (user) {
            case INGEST -> ingest(settings);
            case TRAINER -> trainer(settings);
            case SCORE -> serving(topics);
            case PREDICT -> predict(settings);
            case REGISTRY ->
                List.of(
                        NeededRight.topic(READ, registry, "follow versions and aliases"),
                        NeededRight.topic(READ, audit, "tell what happened"),
                        NeededRight.topic(READ, topics.deployments(), "tell who serves what"),
                        NeededRight.topic(READ, topics.trainingProgress(), "draw learning curves"),
                        NeededRight.topic(READ, topics.trainingExamples(), "show the texts of mistakes"),
                        NeededRight.topic(READ, topics.examplesRejected(), "show dead letters"));
            case OPERATOR -> operator(registry, "change aliases, pins and versions");
            case SWITCHER -> {
                List<NeededRight> rights = new ArrayList<>(operator(registry, "write which model is served for which"));
                rights.add(NeededRight.topic(
                        READ, topics.trainingExamples(), "see whether the other model has caught up"));
                yield List.copyOf(rights);
            }
            case LABELLER -> labeller(settings);
            case PRODUCER -> producer(settings);
            case BACKFILLER ->
                List.of(
                        NeededRight.topic(READ, topics.trainingExamples(), "read the ledger"),
                        NeededRight.topic(WRITE, topics.examples(), "send its examples to another model"));
            case ASKER ->
                List.of(
                        NeededRight.topic(WRITE, topics.inputs(), "send texts"),
                        NeededRight.topic(READ, topics.predictions(), "read the answers"));
            case VIEWER ->
                List.of(
                        NeededRight.topic(READ, registry, "read versions and aliases"),
                        NeededRight.topic(READ, audit, "read what happened (`history`)"),
                        NeededRight.topic(READ, topics.deployments(), "read who serves what (`deployments`)"));
            case STEERER ->
                List.of(
                        NeededRight.topic(WRITE, topics.trainingExamples(), "append control records"),
                        NeededRight.topic(READ, topics.trainingExamples(), "find examples (`unlearn`, `replay`)"),
                        NeededRight.topic(READ, registry, "find versions (`unlearn`, `replay`)"));
            case IMPORTER ->
                List.of(
                        NeededRight.topic(READ, registry, "see that the model is new"),
                        NeededRight.topic(WRITE, registry, "publish the version"),
                        NeededRight.topic(WRITE, audit, "tell of it in the same transaction"),
                        NeededRight.transactionsFrom(FirstVersion.TRANSACTIONS, "publish all of it or nothing"),
                        NeededRight.topic(DESCRIBE, topics.trainingExamples(), "find the model's partition"),
                        NeededRight.group(DESCRIBE, settings.trainer().groupId(), "see that nobody trains meanwhile"));
            case DOCTOR -> doctor(settings);
        };
    }

    private static List<NeededRight> operator(String registry, String what) {
        return List.of(
                NeededRight.topic(READ, registry, "look before it changes anything"),
                NeededRight.topic(WRITE, registry, what),
                NeededRight.topic(WRITE, RegistryTopic.auditOf(registry), "tell of it in the same transaction"),
                NeededRight.transactionsFrom(Governance.TRANSACTIONS, "change all of it or nothing"));
    }

    private static List<NeededRight> ingest(Settings settings) {
        Settings.Topics topics = settings.topics();
        String application = settings.ingest().applicationId();
        String internal = application + "-";
        List<NeededRight> rights = new ArrayList<>(List.of(
                NeededRight.topic(READ, topics.examples(), "read examples"),
                NeededRight.topic(WRITE, topics.trainingExamples(), "write the ledger"),
                NeededRight.topic(WRITE, topics.examplesRejected(), "write dead letters"),
                NeededRight.topic(READ, topics.modelRegistry(), "know the jobs that were created"),
                NeededRight.topicsFrom(CREATE, internal, "make the topics that Kafka Streams keeps its state in"),
                NeededRight.topicsFrom(READ, internal, "read them"),
                NeededRight.topicsFrom(WRITE, internal, "write them"),
                NeededRight.topicsFrom(DELETE, internal, "remove from them what was processed"),
                NeededRight.group(READ, application, "share the partitions among processes"),
                NeededRight.transactionsFrom(internal, "process each record exactly once")));
        if (joins(settings)) {
            rights.add(NeededRight.topic(READ, topics.inputs(), "read inputs that wait for their labels"));
            rights.add(NeededRight.topic(READ, topics.labels(), "read labels that come later"));
            rights.add(NeededRight.topic(WRITE, topics.examplesUnpaired(), "write what never met its other half"));
        }
        if (settings.ingest().shedAboveLag() > 0) {
            rights.add(NeededRight.group(DESCRIBE, settings.trainer().groupId(), "see how far training is behind"));
        }
        return List.copyOf(rights);
    }

    private static List<NeededRight> labeller(Settings settings) {
        Settings.Topics topics = settings.topics();
        List<NeededRight> rights = new ArrayList<>(List.of(
                NeededRight.topic(WRITE, topics.examples(), "send labels and mended examples"),
                NeededRight.topic(WRITE, topics.inputs(), "send mended inputs")));
        if (joins(settings)) {
            rights.add(NeededRight.topic(WRITE, topics.labels(), "send mended labels"));
        }
        return List.copyOf(rights);
    }

    private static List<NeededRight> producer(Settings settings) {
        Settings.Topics topics = settings.topics();
        List<NeededRight> rights =
                new ArrayList<>(List.of(NeededRight.topic(WRITE, topics.examples(), "send examples")));
        if (joins(settings)) {
            rights.add(NeededRight.topic(WRITE, topics.inputs(), "send inputs whose labels come later"));
            rights.add(NeededRight.topic(WRITE, topics.labels(), "send labels that come later"));
        }
        return List.copyOf(rights);
    }

    private static boolean joins(Settings settings) {
        return !settings.ingest().joinWindow().isZero();
    }

    private static List<NeededRight> trainer(Settings settings) {
        Settings.Topics topics = settings.topics();
        String group = settings.trainer().groupId();
        return List.of(
                NeededRight.topic(READ, topics.trainingExamples(), "read the ledger"),
                NeededRight.topic(WRITE, topics.examplesRejected(), "write what is set aside"),
                NeededRight.topic(READ, topics.modelRegistry(), "go on from the newest version"),
                NeededRight.topic(WRITE, topics.modelRegistry(), "publish versions"),
                NeededRight.topic(
                        WRITE, RegistryTopic.auditOf(topics.modelRegistry()), "tell of them in the same transaction"),
                NeededRight.topic(WRITE, topics.trainingProgress(), "tell how training goes"),
                NeededRight.group(READ, group, "share the models among trainers"),
                NeededRight.transactionsFrom(group + "-", "publish a version and its offsets, or neither"));
    }

    private static List<NeededRight> serving(Settings.Topics topics) {
        return List.of(
                NeededRight.topic(READ, topics.modelRegistry(), "follow versions and aliases"),
                NeededRight.topic(WRITE, topics.deployments(), "tell what it serves"));
    }

    private static List<NeededRight> predict(Settings settings) {
        Settings.Topics topics = settings.topics();
        String group = settings.score().groupId();
        List<NeededRight> rights = new ArrayList<>(serving(topics));
        rights.add(NeededRight.topic(READ, topics.inputs(), "read texts"));
        rights.add(NeededRight.topic(WRITE, topics.predictions(), "write the answers"));
        rights.add(NeededRight.topic(WRITE, topics.examplesRejected(), "write dead letters"));
        rights.add(NeededRight.group(READ, group, "share the partitions among processes"));
        rights.add(NeededRight.transactionsFrom(group + "-", "answer each text exactly once"));
        return List.copyOf(rights);
    }

    private static List<NeededRight> doctor(Settings settings) {
        Settings.Topics topics = settings.topics();
        List<String> used = new ArrayList<>(topics.all());
        if (!joins(settings)) {
            used.removeAll(List.of(topics.labels(), topics.examplesUnpaired()));
        }
        List<NeededRight> rights = new ArrayList<>();
        for (String topic : used) {
            rights.add(NeededRight.topic(DESCRIBE, topic, "see its partitions and copies"));
            rights.add(NeededRight.topic(DESCRIBE_CONFIGS, topic, "see its settings"));
        }
        return List.copyOf(rights);
    }
}
