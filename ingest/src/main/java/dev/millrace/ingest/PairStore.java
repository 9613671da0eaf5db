package dev.millrace.ingest;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.jspecify.annotations.Nullable;

/**
 * The pairs of one partition, on disk, and the order in which they began. Times only grow, so the second store is a queue:
 * what is too old lies at its beginning, and is found without a look at the rest. Not thread-safe.
 */
final class PairStore {

    private static final String PAIRS = "pairs";
    private static final String BEGINNINGS = "pair-beginnings";
    private static final byte[] NOTHING = {};

    private final KeyValueStore<Bytes, byte[]> pairs;
    private final KeyValueStore<Bytes, byte[]> beginnings;

    /** The one removed last: a scan from there on need not step over what was removed before it. */
    private @Nullable Bytes removed;

    PairStore(ProcessorContext<?, ?> context) {
        this.pairs = context.getStateStore(PAIRS);
        this.beginnings = context.getStateStore(BEGINNINGS);
    }

    static Set<StoreBuilder<?>> builders() {
        return Set.of(builder(PAIRS), builder(BEGINNINGS));
    }

    private static StoreBuilder<KeyValueStore<Bytes, byte[]>> builder(String name) {
        return Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(name), Serdes.Bytes(), Serdes.ByteArray())
                .withCachingDisabled();
    }

    @Nullable Pair get(String key) {
        byte[] bytes = pairs.get(bytes(key));
        return bytes == null ? null : Pair.of(bytes);
    }

    /** Keeps a pair that was not here. */
    void begin(String key, Pair pair) {
        put(key, pair);
        beginnings.put(beginning(pair.since(), key), NOTHING);
    }

    /** Keeps what a pair has become. */
    void put(String key, Pair pair) {
        pairs.put(bytes(key), pair.bytes());
    }

    void remove(String key, Pair pair) {
        pairs.delete(bytes(key));
        beginnings.delete(beginning(pair.since(), key));
    }

    /**
     * Removes pairs, the oldest first.
     *
     * @param before those that began before this time
     * @param most how many
     * @param gone is told of each
     * @return whether there may be more
     */
    boolean expire(long before, int most, BiConsumer<String, Pair> gone) {
        List<Bytes> due = due(before, most);
        for (Bytes beginning : due) {
            String key = keyOf(beginning);
            Pair pair = get(key);
            if (pair != null) {
                pairs.delete(bytes(key));
                gone.accept(key, pair);
            }
            beginnings.delete(beginning);
            removed = beginning;
        }
        return due.size() == most;
    }

    private List<Bytes> due(long before, int most) {
        List<Bytes> due = new ArrayList<>();
        try (KeyValueIterator<Bytes, byte[]> oldest = beginnings.range(removed, beginning(before, ""))) {
            while (due.size() < most && oldest.hasNext()) {
                KeyValue<Bytes, byte[]> next = oldest.next();
                due.add(next.key);
            }
        }
        return due;
    }

    /** Not negative, so the order of the bytes is that of the times. */
    private static Bytes beginning(long since, String key) {
        byte[] rest = key.getBytes(StandardCharsets.UTF_8);
        return Bytes.wrap(ByteBuffer.allocate(Long.BYTES + rest.length)
                .putLong(since)
                .put(rest)
                .array());
    }

    private static String keyOf(Bytes beginning) {
        byte[] all = beginning.get();
        return new String(all, Long.BYTES, all.length - Long.BYTES, StandardCharsets.UTF_8);
    }

    private static Bytes bytes(String key) {
        return Bytes.wrap(key.getBytes(StandardCharsets.UTF_8));
    }
}
