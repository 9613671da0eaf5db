package dev.millrace.app;

import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;

/** The settings that Kafka's own clients know, for the ones passed through to them. */
final class KafkaClientKeys {

    private final Map<String, ConfigDef.ConfigKey> known = new TreeMap<>();

    KafkaClientKeys() {
        known.putAll(AdminClientConfig.configDef().configKeys());
        known.putAll(ConsumerConfig.configDef().configKeys());
        known.putAll(ProducerConfig.configDef().configKeys());
    }

    Iterable<String> names() {
        return known.keySet();
    }

    /**
     * Whether a value must not be shown. What Kafka does not know could be anything, so it is not shown either.
     *
     * @param name of a client's setting, without our prefix
     */
    boolean isSecret(String name) {
        ConfigDef.ConfigKey key = known.get(name);
        return key == null || key.type == ConfigDef.Type.PASSWORD;
    }
}
