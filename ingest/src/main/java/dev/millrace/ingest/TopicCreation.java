package dev.millrace.ingest;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Creates topics where they are missing, and waits until they can be used. */
public final class TopicCreation {

    private static final Duration DEADLINE = Duration.ofSeconds(30);
    private static final long PAUSE_NANOS = Duration.ofMillis(50).toNanos();

    private TopicCreation() {}

    /**
     * Creates what is missing. Topics that exist are left as they are, and need no right to create any; losing a race
     * against another creator is no error.
     *
     * @param admin speaks to the cluster
     * @param topics the topics that should exist
     * @return the names of those that this call created
     * @throws AuthorizationException if the user has no right on a topic, or one is missing and it must not create it
     * @throws KafkaException if a topic cannot be created, or has not become usable within 30 seconds
     */
    public static Set<String> createMissing(Admin admin, List<NewTopic> topics) {
        Set<String> created = new LinkedHashSet<>();
        Map<String, KafkaFuture<Void>> outcomes =
                admin.createTopics(missing(admin, topics)).values();
        for (Map.Entry<String, KafkaFuture<Void>> outcome : outcomes.entrySet()) {
            try {
                outcome.getValue().get();
                created.add(outcome.getKey());
            } catch (ExecutionException e) {
                if (e.getCause() instanceof AuthorizationException) {
                    throw new TopicAuthorizationException(
                            "there is no topic " + outcome.getKey()
                                    + ", and this user has no right to create it (CREATE"
                                    + " on the topic, or on the cluster); let somebody create it who has",
                            Set.of(outcome.getKey()));
                }
                if (!(e.getCause() instanceof TopicExistsException)) {
                    throw new KafkaException(
                            "cannot create the topic " + outcome.getKey() + ": " + message(e), e.getCause());
                }
            } catch (InterruptedException e) {
                throw new InterruptException(e);
            }
        }
        awaitUsable(admin, topics.stream().map(NewTopic::name).toList());
        return created;
    }

    /** Asked first, for who may use topics may not always create them, and Kafka refuses that of topics that are there too. */
    private static List<NewTopic> missing(Admin admin, List<NewTopic> topics) {
        Map<String, KafkaFuture<TopicDescription>> described = admin.describeTopics(
                        topics.stream().map(NewTopic::name).toList())
                .topicNameValues();
        List<NewTopic> missing = new ArrayList<>();
        Set<String> refused = new LinkedHashSet<>();
        for (NewTopic topic : topics) {
            try {
                Objects.requireNonNull(described.get(topic.name())).get();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                    missing.add(topic);
                } else if (e.getCause() instanceof AuthorizationException) {
                    refused.add(topic.name());
                } else {
                    throw new KafkaException(
                            "cannot look at the topic " + topic.name() + ": " + message(e), e.getCause());
                }
            } catch (InterruptedException e) {
                throw new InterruptException(e);
            }
        }
        if (!refused.isEmpty()) {
            throw new TopicAuthorizationException(
                    "this user has no right on the topics " + refused + ", or they are not there: Kafka does not tell",
                    refused);
        }
        return missing;
    }

    private static void awaitUsable(Admin admin, Collection<String> names) {
        long deadline = System.nanoTime() + DEADLINE.toNanos();
        while (!usable(admin, names)) {
            if (System.nanoTime() - deadline > 0) {
                throw new TimeoutException("the topics " + names + " exist, but some partition had no leader within "
                        + DEADLINE.toSeconds() + " s; is the cluster healthy?");
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private static boolean usable(Admin admin, Collection<String> names) {
        try {
            return admin.describeTopics(names).allTopicNames().get().values().stream()
                    .map(TopicDescription::partitions)
                    .flatMap(List::stream)
                    .allMatch(partition ->
                            partition.leader() != null && !partition.leader().isEmpty());
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return false;
            }
            throw new KafkaException("cannot look at the topics " + names + ": " + message(e), e.getCause());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private static String message(ExecutionException e) {
        return String.valueOf(
                e.getCause() == null ? e.getMessage() : e.getCause().getMessage());
    }
}
