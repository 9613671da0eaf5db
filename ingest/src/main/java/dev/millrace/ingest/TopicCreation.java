package dev.millrace.ingest;

import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Creates topics where they are missing, and waits until they can be used. */
public final class TopicCreation {

    private static final Duration DEADLINE = Duration.ofSeconds(30);
    private static final long PAUSE_NANOS = Duration.ofMillis(50).toNanos();

    private TopicCreation() {}

    /**
     * Creates what is missing. Topics that exist are left as they are; losing a race against another creator is no error.
     *
     * @param admin speaks to the cluster
     * @param topics the topics that should exist
     * @return the names of those that this call created
     * @throws KafkaException if a topic cannot be created, or has not become usable within 30 seconds
     */
    public static Set<String> createMissing(Admin admin, List<NewTopic> topics) {
        Set<String> created = new LinkedHashSet<>();
        Map<String, KafkaFuture<Void>> outcomes = admin.createTopics(topics).values();
        for (Map.Entry<String, KafkaFuture<Void>> outcome : outcomes.entrySet()) {
            try {
                outcome.getValue().get();
                created.add(outcome.getKey());
            } catch (ExecutionException e) {
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
