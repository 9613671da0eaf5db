package dev.millrace.ingest;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;
import org.apache.kafka.streams.state.WindowStoreIterator;
import org.jspecify.annotations.Nullable;

/**
 * Lets an example pass once: an id that its model saw within the window is counted and left out.
 *
 * <p>What is new may be left out too, by an {@link Admission}. Its id is not remembered, so that it can be sent again.
 *
 * <p>An id is remembered from the stream's time at its arrival, not from its own timestamp. The stream's time never goes
 * back, so a record with an old timestamp is neither dropped by the store as expired nor forgotten at once.
 */
final class Deduplication implements Processor<String, byte[], String, byte[]> {

    private static final String STORE = "seen-ids";
    private static final byte[] SEEN = {1};

    private final long windowMillis;
    private final Admission admission;
    private final IngestObserver observer;
    private @Nullable ProcessorContext<String, byte[]> context;
    private @Nullable WindowStore<String, byte[]> seen;

    private Deduplication(Duration window, Admission admission, IngestObserver observer) {
        this.windowMillis = window.toMillis();
        this.admission = admission;
        this.observer = observer;
    }

    static ProcessorSupplier<String, byte[], String, byte[]> supplier(
            Duration window, Admission admission, IngestObserver observer) {
        return new ProcessorSupplier<>() {
            @Override
            public Processor<String, byte[], String, byte[]> get() {
                return new Deduplication(window, admission, observer);
            }

            @Override
            public Set<StoreBuilder<?>> stores() {
                return Set.of(store(window));
            }
        };
    }

    private static StoreBuilder<WindowStore<String, byte[]>> store(Duration window) {
        return Stores.windowStoreBuilder(
                        Stores.persistentWindowStore(STORE, window, window, false), Serdes.String(), Serdes.ByteArray())
                .withCachingDisabled()
                // The broker expires the copy by the time it was written: by the records' timestamps it would throw
                // away what a backfill of old records had just taught us.
                .withLoggingEnabled(Map.of(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime"));
    }

    @Override
    public void init(ProcessorContext<String, byte[]> context) {
        this.context = context;
        this.seen = context.getStateStore(STORE);
    }

    @Override
    public void process(Record<String, byte[]> record) {
        ProcessorContext<String, byte[]> out = Objects.requireNonNull(context);
        WindowStore<String, byte[]> store = Objects.requireNonNull(seen);
        // A model's name is one of the settings, and holds no line break: no two pairs share a key.
        String id = ExampleJson.id(record.value());
        String key = record.key() + '\n' + id;
        long now = out.currentStreamTimeMs();
        if (contains(store, key, now)) {
            observer.duplicate(record.key());
            return;
        }
        if (!admission.takes(record.key(), id)) {
            observer.shed(record.key());
            return;
        }
        store.put(key, SEEN, now);
        out.forward(record);
        observer.accepted(record.key());
    }

    private boolean contains(WindowStore<String, byte[]> store, String key, long now) {
        try (WindowStoreIterator<byte[]> found = store.fetch(key, Math.max(0, now - windowMillis), now)) {
            return found.hasNext();
        }
    }
}
