package dev.millrace.registry;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reports on their way into a topic, which is looked for before the first one. For one thread. */
final class TopicReports<R> implements ReportSink<R> {

    private static final Logger LOG = LoggerFactory.getLogger(TopicReports.class);

    private static final int PATIENCE_MS = 5_000;
    private static final int BUFFER_BYTES = 4 << 20;
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(10);
    private static final Duration CLOSING = Duration.ofSeconds(2);

    private final Map<String, Object> clientProperties;
    private final String topic;
    private final Function<R, String> key;
    private final Function<R, byte[]> value;
    private final LongSupplier nanoTicker;
    private @Nullable Producer<byte[], byte[]> producer;
    private @Nullable Long lookedNanos;

    TopicReports(
            Map<String, Object> clientProperties,
            String topic,
            Function<R, String> key,
            Function<R, byte[]> value,
            LongSupplier nanoTicker) {
        this.clientProperties = Map.copyOf(clientProperties);
        this.topic = topic;
        this.key = key;
        this.value = value;
        this.nanoTicker = nanoTicker;
    }

    @Override
    public void send(R report, Runnable lost) throws Exception {
        String about = key.apply(report);
        ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(topic, about.getBytes(StandardCharsets.UTF_8), value.apply(report));
        Future<RecordMetadata> sent = producer().send(record, (metadata, failure) -> {
            if (failure != null) {
                LOG.debug("A report about {} was lost: {}", about, failure.toString());
                lost.run();
            }
        });
        LOG.trace("Report about {} on its way: {}", about, sent);
    }

    private Producer<byte[], byte[]> producer() throws InterruptedException, ExecutionException, TimeoutException {
        Producer<byte[], byte[]> open = producer;
        if (open == null) {
            requireTopic();
            Map<String, Object> properties = new HashMap<>(clientProperties);
            properties.remove(ProducerConfig.TRANSACTIONAL_ID_CONFIG);
            // A report is worth little a minute later, and nothing may pile up behind it.
            properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, false);
            properties.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
            properties.put(ProducerConfig.ACKS_CONFIG, "1");
            properties.put(ProducerConfig.LINGER_MS_CONFIG, 0);
            properties.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "gzip");
            properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, PATIENCE_MS);
            properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, PATIENCE_MS);
            properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 2 * PATIENCE_MS);
            properties.put(ProducerConfig.BUFFER_MEMORY_CONFIG, BUFFER_BYTES);
            open = new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
            producer = open;
        }
        return open;
    }

    private void requireTopic() throws InterruptedException, ExecutionException, TimeoutException {
        Long looked = lookedNanos;
        long now = nanoTicker.getAsLong();
        if (looked != null && now - looked < BETWEEN_LOOKS.toNanos()) {
            throw new TimeoutException("a moment ago there was no topic " + topic + " to be found");
        }
        lookedNanos = now;
        Admin admin = Admin.create(clientProperties);
        try {
            LOG.debug(
                    "Reports go to {}",
                    admin.describeTopics(List.of(topic)).allTopicNames().get(PATIENCE_MS, TimeUnit.MILLISECONDS));
        } finally {
            admin.close(Duration.ZERO);
        }
    }

    @Override
    public void close() {
        Producer<byte[], byte[]> open = producer;
        if (open != null) {
            open.close(CLOSING);
        }
    }
}
