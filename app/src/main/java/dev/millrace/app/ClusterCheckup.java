package dev.millrace.app;

import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Looks at the cluster and its topics; changes nothing there.
 *
 * @param settings say which
 * @param directory that paths start from
 * @param clock of this machine
 */
record ClusterCheckup(Settings settings, Path directory, Clock clock) {

    private static final String METADATA = "metadata.version";

    List<Finding> findings() {
        List<Finding> found = new ArrayList<>();
        try (Admin admin = Cluster.connect(settings.kafka())) {
            Collection<Node> nodes = answer(admin.describeCluster().nodes());
            found.add(Finding.ok(
                    "kafka",
                    nodes.size() + " brokers answer at " + settings.kafka().bootstrapServers() + ", " + METADATA + " "
                            + metadata(admin)));
            List<NewTopic> needed = NeededTopics.of(settings, directory);
            for (NewTopic topic : needed) {
                found.add(topic(admin, topic, nodes.size()));
            }
            Settings.Topics names = settings.topics();
            found.add(new ClockCheckup(
                            Set.of(names.modelRegistry(), names.deployments(), names.trainingProgress()), clock)
                    .finding(admin));
        } catch (CommandException e) {
            found.add(Finding.problem(
                    "kafka",
                    String.valueOf(e.getMessage()),
                    "see kafka.bootstrap-servers and what is set below kafka.client"));
        } catch (KafkaException e) {
            found.add(Finding.problem(
                    "kafka",
                    "the cluster does not tell about itself: " + e.getMessage(),
                    "let this user describe the cluster, its topics and their settings"));
        }
        return found;
    }

    private static String metadata(Admin admin) {
        FinalizedVersionRange range = answer(admin.describeFeatures().featureMetadata())
                .finalizedFeatures()
                .get(METADATA);
        return range == null ? "unknown" : Short.toString(range.maxVersionLevel());
    }

    private Finding topic(Admin admin, NewTopic needed, int brokers) {
        String thing = "topic " + needed.name();
        TopicDescription description;
        Map<String, String> config;
        try {
            description = answer(Objects.requireNonNull(admin.describeTopics(List.of(needed.name()))
                    .topicNameValues()
                    .get(needed.name())));
            config = config(admin, needed.name());
        } catch (UnknownTopicOrPartitionException e) {
            return missing(thing, needed, brokers);
        } catch (TopicAuthorizationException e) {
            return Finding.warning(
                    thing,
                    "this user may not look at it and at its settings, or it is not there",
                    "give the rights to DESCRIBE and DESCRIBE_CONFIGS on it: \"millrace acls --for doctor\"");
        }
        return new TopicCheckup(needed, description, config, brokers)
                .findings(settings).stream()
                        .reduce((one, other) -> new Finding(
                                thing,
                                one.level().compareTo(other.level()) > 0 ? one.level() : other.level(),
                                one.what() + "; " + other.what(),
                                one.advice() + "; " + other.advice()))
                        .orElseGet(() ->
                                Finding.ok(thing, description.partitions().size() + " partitions, as it should be"));
    }

    private static Finding missing(String thing, NewTopic needed, int brokers) {
        return needed.replicationFactor() > brokers
                ? Finding.problem(
                        thing,
                        "it is not there, and cannot be made: " + needed.replicationFactor()
                                + " copies need as many brokers, and " + brokers + " answer",
                        "lower kafka.replication-factor or add brokers")
                : Finding.ok(thing, "it is not there yet; \"millrace run\" makes it");
    }

    private static Map<String, String> config(Admin admin, String topic) {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        Config config = answer(Objects.requireNonNull(
                admin.describeConfigs(List.of(resource)).values().get(resource)));
        Map<String, String> values = new HashMap<>();
        config.entries().forEach(entry -> values.put(entry.name(), entry.value()));
        return values;
    }

    /** Waits for an answer; what went wrong is thrown as it was. */
    static <T> T answer(KafkaFuture<T> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof KafkaException known ? known : new KafkaException(e.getCause());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }
}
