package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.GroupSubscription;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StandbyAssignorTest {

    private static final String TOPIC = "ledger";
    private static final int PARTITIONS = 10;
    private static final Node NODE = new Node(0, "localhost", 1);

    private static final Cluster CLUSTER = new Cluster(
            "cluster",
            List.of(NODE),
            IntStream.range(0, PARTITIONS)
                    .mapToObj(number -> new PartitionInfo(TOPIC, number, NODE, new Node[] {NODE}, new Node[] {NODE}))
                    .toList(),
            Set.of(),
            Set.of());

    /** A group, and what its members have. */
    private static final class Members {

        private final Map<String, List<TopicPartition>> owned = new TreeMap<>();
        private int active;
        private int generation;
        private int moved;

        Members(int active) {
            this.active = active;
        }

        void join(String... names) {
            Arrays.stream(names).forEach(name -> owned.put(name, List.of()));
            settle();
        }

        void leave(String... names) {
            Arrays.stream(names).forEach(owned::remove);
            settle();
        }

        Set<String> havingSome() {
            Set<String> some = new TreeSet<>(owned.keySet());
            some.removeIf(name -> List.of().equals(owned.get(name)));
            return some;
        }

        List<TopicPartition> of(String name) {
            return owned.getOrDefault(name, List.of());
        }

        /** Rounds until nothing is given up any more, as Kafka's members join again after they gave something up. */
        void settle() {
            boolean gaveUp = !owned.isEmpty();
            for (int round = 0; gaveUp; round++) {
                assertThat(round).as("rounds").isLessThan(4);
                gaveUp = round();
            }
            assertThat(owned.values().stream().mapToInt(List::size).sum()).isEqualTo(owned.isEmpty() ? 0 : PARTITIONS);
            assertThat(havingSome()).hasSizeLessThanOrEqualTo(active);
        }

        private boolean round() {
            StandbyAssignor assignor = new StandbyAssignor();
            assignor.configure(Map.of(StandbyAssignor.ACTIVE_MEMBERS, active));
            Map<String, Subscription> subscriptions = new HashMap<>();
            owned.forEach((name, partitions) -> subscriptions.put(
                    name,
                    new Subscription(
                            List.of(TOPIC),
                            assignor.subscriptionUserData(Set.of(TOPIC)),
                            partitions,
                            generation,
                            Optional.empty())));
            generation++;
            Map<String, List<TopicPartition>> given = new TreeMap<>();
            assignor.assign(CLUSTER, new GroupSubscription(subscriptions))
                    .groupAssignment()
                    .forEach((name, assignment) -> given.put(name, assignment.partitions()));
            assertThat(given.keySet()).isEqualTo(owned.keySet());
            boolean gaveUp = false;
            Set<TopicPartition> all = new HashSet<>();
            for (Map.Entry<String, List<TopicPartition>> member : given.entrySet()) {
                assertThat(Collections.disjoint(all, member.getValue()))
                        .as("once")
                        .isTrue();
                all.addAll(member.getValue());
                for (String other : owned.keySet()) {
                    if (!other.equals(member.getKey())) {
                        assertThat(Collections.disjoint(of(other), member.getValue()))
                                .as("%s still has it", other)
                                .isTrue();
                    }
                }
                List<TopicPartition> lost = new ArrayList<>(of(member.getKey()));
                lost.removeAll(member.getValue());
                moved += lost.size();
                gaveUp |= !lost.isEmpty();
            }
            owned.putAll(given);
            return gaveUp;
        }
    }

    @Test
    void lastToComeStandsByAndTakesThePlaceOfOneThatWent() {
        Members group = new Members(2);
        group.join("a", "b");
        List<TopicPartition> ofA = group.of("a");
        List<TopicPartition> ofB = group.of("b");
        assertThat(ofA).hasSize(5);

        group.join("0-is-first-by-name");
        assertThat(group.havingSome()).containsExactly("a", "b");
        assertThat(group.moved).isZero();

        group.leave("a");
        assertThat(group.of("0-is-first-by-name")).containsExactlyInAnyOrderElementsOf(ofA);
        assertThat(group.of("b")).isEqualTo(ofB);

        group.join("a");
        assertThat(group.of("a")).isEmpty();
        assertThat(group.moved).isZero();
    }

    @Test
    void oneAloneHasAllAndGivesHalfOfItToTheSecond() {
        Members group = new Members(2);
        group.join("a");
        group.join("b");
        assertThat(group.of("a")).hasSize(5);
        assertThat(group.of("b")).hasSize(5);
        assertThat(group.moved).isEqualTo(5);
    }

    @Test
    void whoHasLeastGivesAllUpWhereFewerMayHaveSome() {
        Members group = new Members(3);
        group.join("a", "b", "c");
        group.active = 2;
        group.settle();
        assertThat(group.havingSome()).hasSize(2);
        assertThat(group.moved).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void neverGivesOutWhatAnotherStillHasWhoeverComesAndGoes(long seed) {
        Random random = new Random(seed);
        Members group = new Members(1 + random.nextInt(4));
        for (int i = 0; i < 60; i++) {
            String name = "trainer-" + random.nextInt(6);
            if (random.nextInt(10) == 0) {
                group.active = 1 + random.nextInt(4);
            }
            // Each of these settles the group, and sees to what must hold in every round.
            if (group.owned.containsKey(name)) {
                group.leave(name);
            } else {
                group.join(name);
            }
            assertThat(group.havingSome()).hasSize(Math.min(group.active, group.owned.size()));
        }
    }

    @Test
    void saysWhatItNeeds() {
        assertThatThrownBy(() -> new StandbyAssignor().configure(Map.of(StandbyAssignor.ACTIVE_MEMBERS, 0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("millrace.active-members must be a whole number above 0");
    }
}
