package dev.millrace.broker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import kafka.server.metadata.KRaftMetadataCache;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metadata.FeatureLevelRecord;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.MetadataProvenance;
import org.apache.kafka.server.common.KRaftVersion;
import org.apache.kafka.server.common.MetadataVersion;
import org.junit.jupiter.api.Test;

/**
 * Guards the choice of Kafka's version: the transaction coordinator takes a partition whose leader's node is not named
 * for a deleted one, and ends the transaction without its mark. A partition has no leader while a killed broker starts.
 */
class LeaderlessPartitionTest {

    private static final ListenerName CLIENT = new ListenerName("CLIENT");

    @Test
    void aPartitionWithoutALeaderIsNotTakenForADeletedOne() {
        KRaftMetadataCache cache = new KRaftMetadataCache(BrokerSettings.NODE_ID, () -> KRaftVersion.LATEST_PRODUCTION);
        cache.setImage(withOnePartition(-1));

        assertThat(cache.getPartitionLeaderEndpoint("letters", 0, CLIENT)).contains(Node.noNode());
        assertThat(cache.getPartitionLeaderEndpoint("deleted", 0, CLIENT)).isEmpty();
    }

    private static MetadataImage withOnePartition(int leader) {
        MetadataDelta delta =
                new MetadataDelta.Builder().setImage(MetadataImage.EMPTY).build();
        Uuid topic = Uuid.randomUuid();
        delta.replay(new FeatureLevelRecord()
                .setName(MetadataVersion.FEATURE_NAME)
                .setFeatureLevel(MetadataVersion.latestProduction().featureLevel()));
        delta.replay(new TopicRecord().setName("letters").setTopicId(topic));
        delta.replay(new PartitionRecord()
                .setTopicId(topic)
                .setPartitionId(0)
                .setReplicas(List.of(BrokerSettings.NODE_ID))
                .setIsr(List.of(BrokerSettings.NODE_ID))
                .setLeader(leader));
        return delta.apply(MetadataProvenance.EMPTY);
    }
}
