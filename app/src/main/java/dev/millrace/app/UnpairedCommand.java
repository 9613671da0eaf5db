package dev.millrace.app;

import dev.millrace.ingest.DeadLetter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace unpaired}: the inputs and labels that never met. */
@Command(
        name = "unpaired",
        description = "List inputs that no label came for within ingest.join-window, and labels that no input came for;"
                + " the latest last.",
        footer = {
            "",
            "Examples:",
            "  millrace unpaired --bootstrap-servers kafka:9092",
            "  millrace unpaired -c millrace.yaml --latest 1000"
        })
final class UnpairedCommand implements Runnable {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final int GLIMPSE = 100;

    private final Surroundings around;

    @Mixin
    private final ClusterOptions options;

    @Option(
            names = "--latest",
            paramLabel = "N",
            defaultValue = "20",
            description = "How many at the most. Default: ${DEFAULT-VALUE}.")
    private int latest;

    UnpairedCommand(Surroundings around) {
        this.around = around;
        this.options = new ClusterOptions(around);
    }

    @Override
    public void run() {
        if (latest < 1) {
            throw new CommandException("--latest must be >= 1");
        }
        Settings settings = options.load().settings();
        Cluster.connect(settings.kafka()).close();
        List<ConsumerRecord<byte[], byte[]>> found = read(settings);
        if (found.isEmpty()) {
            around.out().println("Nothing was given up.");
        } else {
            TextTable table = new TextTable("GIVEN UP", "REASON", "LIES AT", "RECORD");
            found.forEach(record -> table.row(
                    Instant.ofEpochMilli(record.timestamp()),
                    header(record, DeadLetter.REASON),
                    header(record, DeadLetter.TOPIC) + "-" + header(record, DeadLetter.PARTITION) + "-"
                            + header(record, DeadLetter.OFFSET),
                    glimpse(record)));
            table.printTo(around.out());
        }
        around.out().flush();
    }

    private List<ConsumerRecord<byte[], byte[]>> read(Settings settings) {
        Map<String, Object> properties = new HashMap<>(settings.kafka().clientProperties());
        properties.remove(ConsumerConfig.GROUP_ID_CONFIG);
        properties.remove(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
        properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        String topic = settings.topics().examplesUnpaired();
        try (Consumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<PartitionInfo> partitions = consumer.partitionsFor(topic, PATIENCE);
            if (partitions.isEmpty()) {
                throw new CommandException("there is no topic " + topic
                        + "; ingest makes it where ingest.join-window is above 0 (topics.examples-unpaired)");
            }
            List<ConsumerRecord<byte[], byte[]>> all = new ArrayList<>();
            for (PartitionInfo partition : partitions) {
                all.addAll(read(consumer, new TopicPartition(topic, partition.partition())));
            }
            all.sort(Comparator.comparingLong(ConsumerRecord::timestamp));
            return all.subList(Math.max(0, all.size() - latest), all.size());
        } catch (KafkaException e) {
            throw new CommandException(topic + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** The latest of a partition. Marks of transactions have offsets too, so it looks further back until it has enough. */
    private List<ConsumerRecord<byte[], byte[]>> read(Consumer<byte[], byte[]> consumer, TopicPartition partition) {
        consumer.assign(List.of(partition));
        long begin = consumer.beginningOffsets(List.of(partition), PATIENCE).getOrDefault(partition, 0L);
        long end = consumer.endOffsets(List.of(partition), PATIENCE).getOrDefault(partition, 0L);
        long span = latest;
        while (true) {
            long from = Math.max(begin, end - span);
            consumer.seek(partition, from);
            List<ConsumerRecord<byte[], byte[]>> read = new ArrayList<>();
            while (consumer.position(partition, PATIENCE) < end) {
                consumer.poll(POLL).forEach(read::add);
            }
            if (read.size() >= latest || from == begin) {
                return read;
            }
            span *= 2;
        }
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        Header header = record.headers().lastHeader(name);
        return header == null ? "-" : new String(header.value(), StandardCharsets.UTF_8);
    }

    private static String glimpse(ConsumerRecord<byte[], byte[]> record) {
        if (record.value() == null) {
            return header(record, DeadLetter.OMITTED) + " bytes left out";
        }
        String text = new String(record.value(), StandardCharsets.UTF_8).replaceAll("[\\p{Cntrl}\\s]+", " ");
        return text.length() <= GLIMPSE ? text : text.substring(0, GLIMPSE - 3) + "...";
    }
}
