package dev.millrace.app;

import dev.millrace.ingest.IngestObserver;
import dev.millrace.registry.Artifact;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.RegistryObserver;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.Standing;
import dev.millrace.trainer.StepReport;
import dev.millrace.trainer.TrainingObserver;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Tells the parent process what begins and what has ended, on the thread that does it: a line is in the pipe before the
 * work goes on. Safe for use by several threads.
 */
final class Announcer {

    private final PrintWriter out;

    Announcer(PrintWriter out) {
        this.out = out;
    }

    private void tell(Announcement.Kind kind, String what) {
        String line = new Announcement(kind, what).line();
        synchronized (this) {
            out.println(line);
            out.flush();
        }
    }

    /** Observers that announce which models are held, every step and every transaction of a version. */
    Observers observers() {
        return new Observers(
                IngestObserver.NONE,
                new TrainingObserver() {
                    @Override
                    public void opened(String model, int partition, Standing standing) {
                        tell(Announcement.Kind.OPENED, model + " " + standing.examples());
                    }

                    @Override
                    public void closed(String model) {
                        tell(Announcement.Kind.CLOSED, model);
                    }

                    @Override
                    public void stepped(String model, StepReport report) {
                        long micros = report.elapsed().toNanos() / 1000;
                        tell(Announcement.Kind.TRAINED, model + " " + report.totalExamples() + " " + micros);
                    }
                },
                new RegistryObserver() {
                    @Override
                    public void publishing(VersionRecord version) {
                        tell(Announcement.Kind.TRANSACTION_BEGUN, describe(version));
                    }

                    @Override
                    public void published(VersionRecord version, Duration writing) {
                        tell(Announcement.Kind.TRANSACTION_ENDED, describe(version));
                    }
                });
    }

    private static String describe(VersionRecord version) {
        return version.model() + " " + version.version() + " " + version.examples();
    }

    /** A store that announces each file that is written. */
    ArtifactStore announcing(ArtifactStore store) {
        return new ArtifactStore() {
            @Override
            public Artifact put(String role, Content content) throws IOException {
                tell(Announcement.Kind.WRITE_BEGUN, role);
                Artifact artifact = store.put(role, content);
                tell(Announcement.Kind.WRITE_ENDED, role);
                return artifact;
            }

            @Override
            public Path fetch(Artifact artifact) throws IOException {
                return store.fetch(artifact);
            }

            @Override
            public void delete(Artifact artifact) throws IOException {
                store.delete(artifact);
            }
        };
    }
}
