package dev.millrace.app;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.resource.ResourceType;
import org.jspecify.annotations.Nullable;

/**
 * Asks Kafka which rights this user has, and changes nothing. Where Kafka does not tell, as of a topic that is not there
 * yet, a right is taken to be there: whoever needs it finds out.
 *
 * @param admin a client of this user's
 */
record RightsCheck(Admin admin) {

    /** Stands behind a prefix, for a name to ask about. */
    static final String PROBE = "rights-check";

    /** What is known of a resource: which operations are allowed, or none of that. */
    private interface Allowed {

        Allowed UNKNOWN = operation -> true;
        Allowed NOTHING = operation -> false;

        boolean is(AclOperation operation);

        /** A server that knows of no rights names none, though nobody can see a thing without any. */
        static Allowed of(@Nullable Set<AclOperation> operations) {
            return operations == null || operations.isEmpty() ? UNKNOWN : operations::contains;
        }
    }

    /**
     * Looks.
     *
     * @param needed what is needed
     * @return those that this user certainly lacks, in their order
     */
    List<NeededRight> missing(Collection<NeededRight> needed) {
        List<String> internal = internalTopics(needed);
        Map<String, Allowed> topics = topics(Stream.concat(names(needed, ResourceType.TOPIC), internal.stream())
                .distinct()
                .toList());
        Map<String, Allowed> groups =
                groups(names(needed, ResourceType.GROUP).distinct().toList());
        List<NeededRight> missing = new ArrayList<>();
        for (NeededRight right : needed) {
            String name = right.on().name();
            Allowed allowed = switch (right.on().resourceType()) {
                case TOPIC -> right.isForPrefix() ? fromPrefix(right, internal, topics) : topics.get(name);
                case GROUP -> groups.get(name);
                case TRANSACTIONAL_ID -> transactions(name + PROBE);
                default -> Allowed.UNKNOWN;
            };
            if (allowed != null && !allowed.is(right.operation())) {
                missing.add(right);
            }
        }
        return missing;
    }

    private static Stream<String> names(Collection<NeededRight> needed, ResourceType type) {
        return needed.stream()
                .filter(right -> right.on().resourceType() == type && !right.isForPrefix())
                .map(right -> right.on().name());
    }

    /** The topics that are there, can be seen, and begin with a name that is needed. */
    private List<String> internalTopics(Collection<NeededRight> needed) {
        List<String> prefixes = needed.stream()
                .filter(right -> right.on().resourceType() == ResourceType.TOPIC && right.isForPrefix())
                .map(right -> right.on().name())
                .toList();
        return prefixes.isEmpty()
                ? List.of()
                : ClusterCheckup.answer(admin.listTopics().names()).stream()
                        .filter(name -> prefixes.stream().anyMatch(name::startsWith))
                        .toList();
    }

    private Allowed fromPrefix(NeededRight right, List<String> internal, Map<String, Allowed> topics) {
        List<Allowed> there = internal.stream()
                .filter(name -> name.startsWith(right.on().name()))
                .map(name -> topics.getOrDefault(name, Allowed.UNKNOWN))
                .toList();
        if (right.operation() != AclOperation.CREATE) {
            return operation -> there.stream().allMatch(one -> one.is(operation));
        }
        // Who has made them needs to make no more.
        return there.isEmpty() ? creation(right.on().name() + PROBE) : Allowed.UNKNOWN;
    }

    private Allowed creation(String topic) {
        return asked(
                admin.createTopics(
                                List.of(new NewTopic(topic, 1, (short) -1)),
                                new CreateTopicsOptions().validateOnly(true))
                        .all(),
                created -> Allowed.UNKNOWN);
    }

    private Map<String, Allowed> topics(List<String> names) {
        Map<String, Allowed> found = new HashMap<>();
        admin.describeTopics(names, new DescribeTopicsOptions().includeAuthorizedOperations(true))
                .topicNameValues()
                .forEach((name, future) -> found.put(name, asked(future, RightsCheck::ofTopic)));
        return found;
    }

    private static Allowed ofTopic(TopicDescription topic) {
        return Allowed.of(topic.authorizedOperations());
    }

    private Map<String, Allowed> groups(List<String> names) {
        Map<String, Allowed> found = new HashMap<>();
        admin.describeConsumerGroups(names, new DescribeConsumerGroupsOptions().includeAuthorizedOperations(true))
                .describedGroups()
                .forEach((name, future) -> found.put(name, asked(future, RightsCheck::ofGroup)));
        return found;
    }

    private static Allowed ofGroup(ConsumerGroupDescription group) {
        return Allowed.of(group.authorizedOperations());
    }

    private Allowed transactions(String id) {
        return asked(admin.describeTransactions(List.of(id)).description(id), description -> Allowed.UNKNOWN);
    }

    private static <T> Allowed asked(KafkaFuture<T> future, Function<T, Allowed> answer) {
        try {
            return answer.apply(future.get());
        } catch (ExecutionException e) {
            return e.getCause() instanceof AuthorizationException ? Allowed.NOTHING : Allowed.UNKNOWN;
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }
}
