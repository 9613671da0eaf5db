package dev.millrace.app;

import dev.millrace.ingest.Rejection;
import dev.millrace.model.Compute;
import dev.millrace.monitoring.Metrics;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What a process shows of itself from its start on, before anything happens in it. */
final class ProcessMetrics {

    private static final String NOTHING = "none";

    private ProcessMetrics() {}

    /**
     * Shows it.
     *
     * @param metrics that show it
     * @param settings of the process
     * @param directory that paths start from
     * @param roles of the process
     */
    static void show(Metrics metrics, Settings settings, Path directory, Set<Role> roles) {
        if (roles.contains(Role.INGEST) || roles.contains(Role.PREDICT)) {
            metrics.beginIngest(roles.contains(Role.INGEST) ? settings.models() : List.of(), Rejection.REASONS);
        }
        metrics.watchDisk("data", directory.resolve(settings.dataDirectory()));
        if (settings.registry().s3() == null) {
            metrics.watchDisk("store", directory.resolve(settings.registry().store()));
        }
        built(metrics, settings.trainer(), roles);
    }

    /** Only where something is computed is the engine loaded, to be asked for its version. */
    private static void built(Metrics metrics, Settings.Trainer trainer, Set<Role> roles) {
        if (roles.contains(Role.TRAINER) || roles.contains(Role.SCORE) || roles.contains(Role.PREDICT)) {
            Compute compute = Learning.compute(trainer);
            metrics.built(
                    MillraceVersion.number(),
                    Compute.engine(),
                    compute.device().name().toLowerCase(Locale.ROOT),
                    compute.precision().name().toLowerCase(Locale.ROOT));
        } else {
            metrics.built(MillraceVersion.number(), NOTHING, NOTHING, NOTHING);
        }
    }
}
