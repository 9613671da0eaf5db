package dev.millrace.app;

import dev.millrace.ingest.TopicCreation;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.errors.AuthorizationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that Kafka is ready for somebody: that this user may do what they do, and that the topics are there that they
 * use. Those of others are left to them, for who needs no right on a topic must not need one to begin.
 *
 * @param settings that name the cluster and the topics
 * @param directory that paths start from
 */
record KafkaReadiness(Settings settings, Path directory) {

    private static final Logger LOG = LoggerFactory.getLogger(KafkaReadiness.class);

    /**
     * For the roles of a process.
     *
     * @throws CommandException when no cluster answers, or a right is missing
     */
    void require(Collection<Role> roles) {
        require(roles.stream().map(KafkaUser::of).flatMap(List::stream).toArray(KafkaUser[]::new));
    }

    /**
     * For users.
     *
     * @throws CommandException when no cluster answers, or a right is missing
     */
    void require(KafkaUser... users) {
        try (Admin admin = Cluster.connect(settings.kafka())) {
            RightsCheck check = new RightsCheck(admin);
            Set<String> used = new LinkedHashSet<>();
            Set<String> lacking = new LinkedHashSet<>();
            for (KafkaUser user : users) {
                List<NeededRight> needed = NeededRights.of(user, settings);
                needed.forEach(right -> used.add(right.on().name()));
                check.missing(needed).forEach(right -> lacking.add(right + ", needed to " + right.why()));
            }
            if (!lacking.isEmpty()) {
                throw new CommandException("Kafka gives this user too few rights for " + names(users) + ". Missing: "
                        + String.join("; ", lacking) + ". \"millrace acls\" prints all that are needed");
            }
            List<NewTopic> topics = NeededTopics.of(settings, directory).stream()
                    .filter(topic -> used.contains(topic.name()))
                    .toList();
            LOG.info("Created the topics {}", TopicCreation.createMissing(admin, topics));
        } catch (AuthorizationException e) {
            throw new CommandException(String.valueOf(e.getMessage()), e);
        }
    }

    private static String names(KafkaUser... users) {
        return Stream.of(users).map(KafkaUser::toString).collect(Collectors.joining(", "));
    }
}
