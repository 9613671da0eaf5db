package dev.millrace.registry;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;

class RegistryTopicTest {

    @Test
    void isOneCompactedPartition() {
        NewTopic topic = RegistryTopic.of("registry", (short) 1);
        assertThat(topic.name()).isEqualTo("registry");
        assertThat(topic.numPartitions()).isEqualTo(1);
        assertThat(topic.replicationFactor()).isEqualTo((short) 1);
        assertThat(topic.configs()).containsEntry("cleanup.policy", "compact").doesNotContainKey("min.insync.replicas");
    }

    @Test
    void asksForTwoCopiesWhereThereAreThree() {
        assertThat(RegistryTopic.of("registry", (short) 3).configs()).containsEntry("min.insync.replicas", "2");
    }
}
