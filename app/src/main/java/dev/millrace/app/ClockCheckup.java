package dev.millrace.app;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;

/**
 * Compares this machine's clock with those of the processes that wrote to Millrace's topics: what they wrote cannot be
 * later than now. That this clock is the one ahead cannot be told so, for nobody may have written lately; and the brokers
 * do not tell their time without a record being written.
 *
 * @param topics that processes write to by their own clocks
 * @param clock of this machine
 */
record ClockCheckup(Set<String> topics, Clock clock) {

    private static final String THING = "clock";
    private static final Duration TOLERATED = Duration.ofSeconds(5);

    /**
     * Looks.
     *
     * @param admin asks the cluster
     * @throws org.apache.kafka.common.KafkaException when it does not answer
     */
    Finding finding(Admin admin) {
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        List<String> there = ClusterCheckup.answer(admin.listTopics().names()).stream()
                .filter(topics::contains)
                .toList();
        for (TopicDescription topic : ClusterCheckup.answer(
                        admin.describeTopics(there).allTopicNames())
                .values()) {
            topic.partitions()
                    .forEach(one ->
                            asked.put(new TopicPartition(topic.name(), one.partition()), OffsetSpec.maxTimestamp()));
        }
        long newest = ClusterCheckup.answer(admin.listOffsets(asked).all()).values().stream()
                .mapToLong(ListOffsetsResultInfo::timestamp)
                .max()
                .orElse(-1);
        if (newest < 0) {
            return Finding.ok(THING, "no process has written anything yet that it could be compared with");
        }
        Duration ahead = Duration.between(clock.instant(), Instant.ofEpochMilli(newest));
        return ahead.compareTo(TOLERATED) > 0
                ? Finding.warning(
                        THING,
                        "another process has written something " + ahead.toSeconds()
                                + " s in the future of this machine",
                        "set the clocks of all machines by NTP")
                : Finding.ok(THING, "nothing was written in its future");
    }
}
