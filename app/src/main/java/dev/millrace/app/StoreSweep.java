package dev.millrace.app;

import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.Retention;
import dev.millrace.registry.Swept;
import dev.millrace.registry.SweptStore;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deletes, every hour, the artifacts that no version names: what aborted transactions and killed writers left. */
final class StoreSweep implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(StoreSweep.class);
    private static final Duration PAUSE = Duration.ofHours(1);

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread made = new Thread(task, "millrace-store-sweep");
        made.setDaemon(true);
        return made;
    });
    private final ScheduledFuture<?> sweeping;

    StoreSweep(SweptStore store, Supplier<ModelRegistry> registry) {
        sweeping = thread.scheduleWithFixedDelay(
                () -> sweep(store, registry), PAUSE.toMillis(), PAUSE.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static void sweep(SweptStore store, Supplier<ModelRegistry> registry) {
        try {
            Swept swept = store.sweep(Retention.unneeded(registry.get()), RegistrySweepCommand.OLDER_THAN);
            LOG.info("Swept {} files of {} bytes out of the artifact store", swept.files(), swept.bytes());
        } catch (IOException | KafkaException | IllegalStateException e) {
            LOG.warn("The artifact store was not swept; it is tried again in an hour", e);
        }
    }

    @Override
    public void close() {
        sweeping.cancel(true);
        thread.shutdownNow();
    }
}
