package dev.millrace.trainer;

import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Configurable;
import org.apache.kafka.common.TopicPartition;

/**
 * Shares partitions out among some members of a group, as {@link CooperativeStickyAssignor} does (KIP-429), while the
 * others stand by with none.
 *
 * <p>Whoever has partitions keeps its place, so a member that comes back stands by and nothing moves. When one goes, one
 * that stood by takes its place and gets what it had. The group's leader decides, by its own setting.
 *
 * <p>Public for Kafka alone, which makes it from its name.
 */
public final class StandbyAssignor implements ConsumerPartitionAssignor, Configurable {

    /** The client property with the number of members that may have partitions, an {@link Integer} above 0. */
    static final String ACTIVE_MEMBERS = "millrace.active-members";

    private static final Comparator<Map.Entry<String, Subscription>> MOST_PARTITIONS_FIRST =
            Comparator.<Map.Entry<String, Subscription>>comparingInt(
                            member -> -member.getValue().ownedPartitions().size())
                    .thenComparing(Map.Entry::getKey);

    private final CooperativeStickyAssignor sticky = new CooperativeStickyAssignor();
    private int activeMembers = Integer.MAX_VALUE;

    @Override
    public void configure(Map<String, ?> properties) {
        if (properties.get(ACTIVE_MEMBERS) instanceof Integer given && given > 0) {
            activeMembers = given;
        } else {
            throw new IllegalArgumentException(ACTIVE_MEMBERS + " must be a whole number above 0");
        }
    }

    @Override
    public String name() {
        return "millrace-standby";
    }

    @Override
    public List<RebalanceProtocol> supportedProtocols() {
        return sticky.supportedProtocols();
    }

    @Override
    public ByteBuffer subscriptionUserData(Set<String> topics) {
        return sticky.subscriptionUserData(topics);
    }

    @Override
    public void onAssignment(Assignment assignment, ConsumerGroupMetadata group) {
        sticky.onAssignment(assignment, group);
    }

    @Override
    public GroupAssignment assign(Cluster cluster, GroupSubscription group) {
        Map<String, Subscription> members = group.groupSubscription();
        Map<String, Subscription> active = members.entrySet().stream()
                .sorted(MOST_PARTITIONS_FIRST)
                .limit(activeMembers)
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        Set<TopicPartition> beingGivenUp = new HashSet<>();
        Map<String, Assignment> assignments = new HashMap<>();
        members.forEach((member, subscription) -> {
            if (!active.containsKey(member)) {
                beingGivenUp.addAll(subscription.ownedPartitions());
                assignments.put(member, new Assignment(List.of()));
            }
        });
        sticky.assign(cluster, new GroupSubscription(active))
                .groupAssignment()
                .forEach((member, given) -> assignments.put(
                        member, without(beingGivenUp, given, Objects.requireNonNull(active.get(member)))));
        return new GroupAssignment(assignments);
    }

    /** What another still has must be given up first; its next owner gets it in the round that follows. */
    private static Assignment without(Set<TopicPartition> beingGivenUp, Assignment given, Subscription member) {
        List<TopicPartition> free = given.partitions().stream()
                .filter(partition -> member.ownedPartitions().contains(partition) || !beingGivenUp.contains(partition))
                .toList();
        return new Assignment(free, given.userData());
    }
}
