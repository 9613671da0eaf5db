package dev.millrace.ingest;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.StreamsConfig;

/**
 * The properties of the clients of one thread of ingest, for a program that wants to be compared with it.
 *
 * @param consumer of the group {@code applicationId}, reading what is committed from the earliest record on
 * @param producer idempotent; without a transactional id, which whoever makes it adds
 */
public record StreamsClients(Map<String, Object> consumer, Map<String, Object> producer) {

    public StreamsClients {
        consumer = Map.copyOf(consumer);
        producer = Map.copyOf(producer);
    }

    /**
     * As Kafka Streams makes them, without what only its own use of them needs.
     *
     * @param settings of ingest
     * @return the properties, serializers of bytes included
     */
    public static StreamsClients of(IngestSettings settings) {
        StreamsConfig config = new StreamsConfig(StreamsProperties.of(settings));
        Map<String, Object> consumer = new HashMap<>(
                config.getMainConsumerConfigs(settings.applicationId(), settings.applicationId() + "-consumer", 0));
        consumer.keySet().retainAll(ConsumerConfig.configNames());
        consumer.remove(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG);
        consumer.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        consumer.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        Map<String, Object> producer = new HashMap<>(config.getProducerConfigs(settings.applicationId() + "-producer"));
        producer.keySet().retainAll(ProducerConfig.configNames());
        producer.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        producer.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        return new StreamsClients(consumer, producer);
    }
}
