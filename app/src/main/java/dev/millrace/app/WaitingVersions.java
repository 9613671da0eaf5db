package dev.millrace.app;

import dev.millrace.ingest.IngestObserver;
import dev.millrace.registry.RegistryObserver;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.TrainingObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;

/** Which versions wait, for the store or for Kafka, and why. Thread-safe. */
final class WaitingVersions {

    private final Map<String, String> why = new ConcurrentSkipListMap<>();

    /** What has to be told of it: failures of the trainer, and what is published. */
    Observers observers() {
        return new Observers(
                IngestObserver.NONE,
                new TrainingObserver() {
                    @Override
                    public void writeFailed(String model, long version, IOException cause) {
                        why.put(model, describe(model, version, "could not be written to the store", cause));
                    }

                    @Override
                    public void publishFailed(String model, long version, RuntimeException cause) {
                        why.put(model, describe(model, version, "could not be published", cause));
                    }
                },
                new RegistryObserver() {
                    @Override
                    public void published(VersionRecord version, Duration writing) {
                        why.remove(version.model());
                    }
                });
    }

    /** {@return which versions wait, or empty when none does} */
    Optional<String> problem() {
        String all = String.join("; ", why.values());
        return all.isEmpty() ? Optional.empty() : Optional.of(all);
    }

    private static String describe(String model, long version, String what, Exception cause) {
        return "version " + version + " of " + model + " " + what + " and is tried again: " + cause.getMessage();
    }
}
