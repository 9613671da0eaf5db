package dev.millrace.ingest;

import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * Sends values to {@code examples}, in order and each once, and never loses a failure.
 *
 * <p>Sending is asynchronous; a record that the cluster refused for good makes the next call throw. Not safe for use by
 * several threads.
 */
public final class ExampleProducer implements AutoCloseable {

    /**
     * Where a record lies.
     *
     * @param topic its name
     * @param partition of the topic
     * @param offset in the partition
     */
    public record Place(String topic, int partition, long offset) {}

    private static final int LARGEST_RECORD = 17 * 1024 * 1024;

    private final Producer<byte[], byte[]> producer;
    private final String topic;
    private final Pace pace;
    private final List<Header> headers;
    private final AtomicLong acknowledged = new AtomicLong();
    private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    private boolean failureTold;

    /**
     * Connects to a cluster.
     *
     * @param bootstrapServers the Kafka brokers
     * @param topic the topic of examples
     * @param clientProperties more properties of the client, such as those of security; they win over ours
     * @param pace how fast to send
     */
    public ExampleProducer(String bootstrapServers, String topic, Map<String, String> clientProperties, Pace pace) {
        this(bootstrapServers, topic, clientProperties, pace, List.of());
    }

    /**
     * Connects to a cluster.
     *
     * @param bootstrapServers the Kafka brokers
     * @param topic the topic of examples
     * @param clientProperties more properties of the client, such as those of security; they win over ours
     * @param pace how fast to send
     * @param headers of every value that is sent
     */
    public ExampleProducer(
            String bootstrapServers,
            String topic,
            Map<String, String> clientProperties,
            Pace pace,
            List<Header> headers) {
        this(new KafkaProducer<>(properties(bootstrapServers, clientProperties)), topic, pace, headers);
    }

    ExampleProducer(Producer<byte[], byte[]> producer, String topic, Pace pace) {
        this(producer, topic, pace, List.of());
    }

    private ExampleProducer(Producer<byte[], byte[]> producer, String topic, Pace pace, List<Header> headers) {
        this.headers = List.copyOf(headers);
        this.producer = producer;
        this.topic = topic;
        this.pace = pace;
    }

    private static Map<String, Object> properties(String bootstrapServers, Map<String, String> clientProperties) {
        Map<String, Object> all = new HashMap<>();
        all.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        all.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        all.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        all.put(ProducerConfig.ACKS_CONFIG, "all");
        all.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        all.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
        all.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, LARGEST_RECORD);
        all.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 4L * LARGEST_RECORD);
        all.putAll(clientProperties);
        return all;
    }

    /**
     * Sends one value, waiting for the pace and for room in the buffer.
     *
     * @param value the value; it is not looked at
     * @throws KafkaException if this or an earlier value could not be sent
     */
    public void send(byte[] value) {
        send(null, value);
    }

    /**
     * Sends one value under a key, waiting for the pace and for room in the buffer. Values of the same key stay in order.
     *
     * @param key its key, or null
     * @param value the value; it is not looked at
     * @throws KafkaException if this or an earlier value could not be sent
     */
    public void send(byte @Nullable [] key, byte[] value) {
        pace.await();
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptException("interrupted after " + acknowledged.get() + " examples");
        }
        throwFailure();
        // The answer comes to the callback, which keeps the first failure for the next call.
        var unused = producer.send(new ProducerRecord<>(topic, null, null, key, value, headers), this::answered);
    }

    /**
     * Sends one record and waits until the cluster has it.
     *
     * @param key its key, or null
     * @param value the value; it is not looked at
     * @param headers its headers
     * @param timestamp in milliseconds since 1970, or null for that of now
     * @return where it lies
     * @throws KafkaException if it could not be sent; after a time-out of Kafka's, nobody knows whether it was
     */
    public Place place(byte @Nullable [] key, byte[] value, Iterable<Header> headers, @Nullable Long timestamp) {
        throwFailure();
        try {
            RecordMetadata sent = producer.send(
                            new ProducerRecord<>(topic, null, timestamp, key, value, headers), this::answered)
                    .get();
            return new Place(sent.topic(), sent.partition(), sent.offset());
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        } catch (ExecutionException e) {
            throwFailure();
            throw new KafkaException(e);
        }
    }

    /**
     * Sends all values and waits until the cluster has them.
     *
     * @param values the values
     * @param sent told after each value, and at the end, how many the cluster has acknowledged in all
     * @return how many values this producer has sent in all
     * @throws KafkaException if a value could not be sent
     */
    public long sendAll(Iterator<byte[]> values, LongConsumer sent) {
        while (values.hasNext()) {
            send(values.next());
            sent.accept(acknowledged.get());
        }
        flush();
        sent.accept(acknowledged.get());
        return acknowledged.get();
    }

    /**
     * Waits until the cluster has every value sent so far.
     *
     * @throws KafkaException if a value could not be sent
     */
    public void flush() {
        producer.flush();
        throwFailure();
    }

    /**
     * How many values the cluster has acknowledged.
     *
     * @return the count
     */
    public long acknowledged() {
        return acknowledged.get();
    }

    /**
     * Waits for what is under way and disconnects.
     *
     * @throws KafkaException if a value could not be sent and no call has said so
     */
    @Override
    public void close() {
        producer.close();
        if (!failureTold) {
            throwFailure();
        }
    }

    private void answered(@Nullable RecordMetadata metadata, @Nullable Exception refused) {
        if (refused == null) {
            acknowledged.incrementAndGet();
        } else {
            failure.compareAndSet(null, refused);
        }
    }

    private void throwFailure() {
        Exception first = failure.get();
        if (first != null) {
            failureTold = true;
            throw new KafkaException(
                    "an example could not be sent to the topic " + topic + ", after " + acknowledged.get()
                            + " that were: " + first.getMessage(),
                    first);
        }
    }
}
