package dev.millrace.ingest;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far the trainers' group is behind the ledger, as Kafka says once a second: the end of a partition less the
 * offset that is committed with versions.
 *
 * <p>What this process has written since is added, so that a burst is seen while it lasts. What it wrote between the two
 * latest looks is added too, for not all of that may have been in the ledger at the later one: so the lag is rather
 * overstated, by no more than is written in a second.
 *
 * <p>While Kafka does not say, nothing is known. Safe for use by several threads. It starts once.
 */
final class LedgerBacklog implements Backlog, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LedgerBacklog.class);
    private static final long LOOK_EVERY_MILLIS = 1000;

    private final Supplier<Admin> admins;
    private final String ledger;
    private final String trainerGroup;
    private final ScheduledExecutorService thread;
    private @Nullable Admin admin;
    private volatile @Nullable Look last;
    private boolean isSilent;

    /**
     * What Kafka said.
     *
     * @param begun what had been written to each partition when it was asked
     * @param lag of each partition
     * @param begunBefore the same at the look before
     * @param written to each partition by this process, up to now
     */
    private record Look(
            Map<Integer, Long> begun, Map<Integer, Long> lag, Map<Integer, Long> begunBefore, AtomicLongArray written) {

        int partitionOf(String model) {
            return BuiltInPartitioner.partitionForKey(model.getBytes(StandardCharsets.UTF_8), written.length());
        }

        long behind(int partition) {
            return lag.getOrDefault(partition, 0L) + written.get(partition) - begunBefore.getOrDefault(partition, 0L);
        }
    }

    /**
     * Of a ledger.
     *
     * @param admins makes a client, which is closed here
     * @param ledger the topic
     * @param trainerGroup the consumer group that learns it
     */
    LedgerBacklog(Supplier<Admin> admins, String ledger, String trainerGroup) {
        this.admins = admins;
        this.ledger = ledger;
        this.trainerGroup = trainerGroup;
        this.thread = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread daemon = new Thread(task, "millrace-ledger-backlog");
            daemon.setDaemon(true);
            return daemon;
        });
    }

    /** Looks once, and then again and again on a thread of its own. */
    void start() {
        admin = admins.get();
        look();
        // Whatever goes wrong in a look is told by it.
        var unused =
                thread.scheduleWithFixedDelay(this::look, LOOK_EVERY_MILLIS, LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS);
    }

    @Override
    public OptionalLong behind(String model) {
        Look look = last;
        return look == null ? OptionalLong.empty() : OptionalLong.of(look.behind(look.partitionOf(model)));
    }

    @Override
    public void written(String model) {
        Look look = last;
        if (look != null) {
            look.written().incrementAndGet(look.partitionOf(model));
        }
    }

    private void look() {
        Admin asked = admin;
        if (asked == null) {
            return;
        }
        try {
            last = next(asked, last);
            isSilent = false;
        } catch (ExecutionException | RuntimeException e) {
            last = null;
            if (!isSilent) {
                LOG.warn(
                        "It is not known how far {} is behind {}, so nothing is shed until it is: {}",
                        trainerGroup,
                        ledger,
                        e.toString());
            }
            isSilent = true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Look next(Admin asked, @Nullable Look before) throws ExecutionException, InterruptedException {
        int count = Objects.requireNonNull(asked.describeTopics(List.of(ledger))
                        .allTopicNames()
                        .get()
                        .get(ledger))
                .partitions()
                .size();
        Look earlier = before != null && before.written().length() == count ? before : null;
        AtomicLongArray written = earlier == null ? new AtomicLongArray(count) : earlier.written();
        Map<Integer, Long> begun = eachOf(count, written::get);
        Map<Integer, Long> lag = lag(asked, count);
        return new Look(begun, lag, earlier == null ? begun : earlier.begun(), written);
    }

    private Map<Integer, Long> lag(Admin asked, int count) throws ExecutionException, InterruptedException {
        // Asked first, so that what is learned meanwhile makes the lag larger, and never less than none.
        Map<TopicPartition, @Nullable OffsetAndMetadata> committed =
                new HashMap<>(asked.listConsumerGroupOffsets(trainerGroup)
                        .partitionsToOffsetAndMetadata()
                        .get());
        Map<Integer, Long> beginnings = offsets(asked, count, OffsetSpec.earliest());
        Map<Integer, Long> ends = offsets(asked, count, OffsetSpec.latest());
        return eachOf(count, number -> {
            OffsetAndMetadata learned = committed.get(new TopicPartition(ledger, number));
            long from = learned == null ? beginnings.getOrDefault(number, 0L) : learned.offset();
            return Math.max(0, ends.getOrDefault(number, 0L) - from);
        });
    }

    private Map<Integer, Long> offsets(Admin asked, int count, OffsetSpec spec)
            throws ExecutionException, InterruptedException {
        return asked
                .listOffsets(IntStream.range(0, count)
                        .mapToObj(number -> new TopicPartition(ledger, number))
                        .collect(Collectors.toMap(Function.identity(), partition -> spec)))
                .all()
                .get()
                .entrySet()
                .stream()
                .collect(Collectors.toMap(
                        each -> each.getKey().partition(),
                        each -> each.getValue().offset()));
    }

    private static Map<Integer, Long> eachOf(int count, Function<Integer, Long> value) {
        return IntStream.range(0, count).boxed().collect(Collectors.toUnmodifiableMap(Function.identity(), value));
    }

    @Override
    public void close() {
        thread.shutdownNow();
        Admin used = admin;
        if (used != null) {
            used.close(Duration.ZERO);
        }
    }
}
