package dev.millrace.app;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.TopicConfig;

/**
 * Compares a topic with what it would be had Millrace made it.
 *
 * @param needed what it should be
 * @param topic what it is
 * @param config its settings in force
 * @param brokers how many answer
 */
record TopicCheckup(NewTopic needed, TopicDescription topic, Map<String, String> config, int brokers) {

    private static final Set<String> KEPT = Set.of(TopicConfig.RETENTION_MS_CONFIG, TopicConfig.RETENTION_BYTES_CONFIG);

    TopicCheckup {
        config = Map.copyOf(config);
    }

    /** What is wrong with it; nothing when all is well. */
    List<Finding> findings(Settings settings) {
        List<Finding> found = new ArrayList<>();
        cleanup(found);
        partitions(settings, found);
        copies(found);
        for (String key : KEPT) {
            retention(key, found);
        }
        largestRecord(found);
        return found;
    }

    private void cleanup(List<Finding> found) {
        String wanted = wanted(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE);
        String is = is(TopicConfig.CLEANUP_POLICY_CONFIG);
        if (!Set.of(wanted.split(",")).equals(Set.of(is.split(",")))) {
            problem(
                    found,
                    TopicConfig.CLEANUP_POLICY_CONFIG + " is " + is + ", so Kafka removes records that are needed",
                    alter(TopicConfig.CLEANUP_POLICY_CONFIG, "[" + wanted + "]"));
        }
    }

    private void partitions(Settings settings, List<Finding> found) {
        int count = topic.partitions().size();
        String name = needed.name();
        boolean single = !Set.of(
                        settings.topics().examples(),
                        settings.topics().trainingExamples(),
                        settings.topics().inputs(),
                        settings.topics().labels(),
                        settings.topics().examplesUnpaired(),
                        settings.topics().predictions())
                .contains(name);
        if (single && count > 1 && !name.equals(settings.topics().examplesRejected())) {
            problem(
                    found,
                    "it has " + count + " partitions, and what it holds has one order in one partition alone",
                    "make the topic anew with 1 partition, before anything is published to it");
        }
        if (name.equals(settings.topics().trainingExamples())
                && count < settings.models().size()) {
            found.add(Finding.warning(
                    thing(),
                    settings.models().size() + " models share " + count + " partitions, and models of one partition are"
                            + " trained by one process",
                    "partitions of the ledger cannot be added later: start with as many as there will be models"
                            + " (kafka.partitions), under another topic-prefix"));
        }
    }

    private void copies(List<Finding> found) {
        int least = Integer.parseInt(is(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG));
        int copies = topic.partitions().stream()
                .mapToInt(partition -> partition.replicas().size())
                .min()
                .orElse(0);
        int inSync = topic.partitions().stream()
                .mapToInt(partition -> partition.isr().size())
                .min()
                .orElse(0);
        if (!topic.partitions().stream().allMatch(TopicCheckup::hasLeader)) {
            problem(found, "a partition has no leader", "see that the brokers which hold it are up");
        } else if (copies < least) {
            problem(
                    found,
                    "it has " + copies + " copies, but " + TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG + " is " + least
                            + ", so no record is taken",
                    "add copies (kafka-reassign-partitions.sh), or "
                            + alter(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, Integer.toString(copies)));
        } else if (inSync < least) {
            problem(
                    found,
                    inSync + " copies are in step, and " + least + " must be, so no record is taken",
                    "see that the brokers which hold the others are up");
        } else if (copies == 1 && brokers > 1) {
            found.add(Finding.warning(
                    thing(),
                    "it has one copy, on one of " + brokers + " brokers",
                    "set kafka.replication-factor to 3 before topics are made; of topics that are there, raise it with"
                            + " kafka-reassign-partitions.sh"));
        }
    }

    private static boolean hasLeader(TopicPartitionInfo partition) {
        return partition.leader() != null && !partition.leader().isEmpty();
    }

    private void retention(String key, List<Finding> found) {
        if (wanted(key, "").equals("-1") && !is(key).equals("-1")) {
            String kept = key.equals(TopicConfig.RETENTION_MS_CONFIG)
                    ? "for " + DurationText.format(Duration.ofMillis(Long.parseLong(is(key))))
                    : "up to " + is(key) + " bytes a partition";
            found.add(Finding.warning(
                    thing(),
                    "its records are kept " + kept + " only: what is gone from the ledger before it was trained on is"
                            + " lost, and older versions cannot be made again",
                    alter(key, "-1")));
        }
    }

    private void largestRecord(List<Finding> found) {
        String key = TopicConfig.MAX_MESSAGE_BYTES_CONFIG;
        String wanted = wanted(key, "");
        if (!wanted.isEmpty() && Long.parseLong(is(key)) < Long.parseLong(wanted)) {
            found.add(Finding.warning(
                    thing(),
                    "it takes records of " + is(key) + " bytes at most, and larger ones may come",
                    alter(key, wanted)));
        }
    }

    private void problem(List<Finding> found, String what, String advice) {
        found.add(Finding.problem(thing(), what, advice));
    }

    private String thing() {
        return "topic " + needed.name();
    }

    private String alter(String key, String value) {
        return "kafka-configs.sh --alter --topic " + needed.name() + " --add-config " + key + "=" + value;
    }

    private String wanted(String key, String otherwise) {
        Map<String, String> configs = needed.configs();
        return configs == null ? otherwise : configs.getOrDefault(key, otherwise);
    }

    private String is(String key) {
        return Objects.requireNonNull(config.get(key), key);
    }
}
