package dev.millrace.app;

import dev.millrace.ingest.IngestObserver;
import dev.millrace.registry.Pin;
import dev.millrace.registry.RegistryObserver;
import dev.millrace.registry.ShadowOutcome;
import dev.millrace.registry.Verdict;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.AnsweredExample;
import dev.millrace.trainer.Drift;
import dev.millrace.trainer.Standing;
import dev.millrace.trainer.StepReport;
import dev.millrace.trainer.TrainingActivity;
import dev.millrace.trainer.TrainingObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * Who is told what happens in the rooms.
 *
 * @param ingest of records
 * @param training of steps
 * @param registry of versions
 */
record Observers(IngestObserver ingest, TrainingObserver training, RegistryObserver registry) {

    /** {@return these, where another is told of steps too} */
    Observers and(TrainingObserver other) {
        return and(new Observers(IngestObserver.NONE, other, RegistryObserver.NONE));
    }

    /** {@return observers that tell these first and then others} */
    Observers and(Observers others) {
        return new Observers(
                new IngestObserver() {
                    @Override
                    public void accepted(String model) {
                        ingest.accepted(model);
                        others.ingest.accepted(model);
                    }

                    @Override
                    public void duplicate(String model) {
                        ingest.duplicate(model);
                        others.ingest.duplicate(model);
                    }

                    @Override
                    public void shed(String model) {
                        ingest.shed(model);
                        others.ingest.shed(model);
                    }

                    @Override
                    public void rejected(String reason) {
                        ingest.rejected(reason);
                        others.ingest.rejected(reason);
                    }

                    @Override
                    public void paired(String model) {
                        ingest.paired(model);
                        others.ingest.paired(model);
                    }

                    @Override
                    public void unpaired(String model, String half) {
                        ingest.unpaired(model, half);
                        others.ingest.unpaired(model, half);
                    }

                    @Override
                    public void corrected(String model, boolean taken) {
                        ingest.corrected(model, taken);
                        others.ingest.corrected(model, taken);
                    }
                },
                new TrainingObserver() {
                    @Override
                    public void opened(String model, int partition, Standing standing) {
                        training.opened(model, partition, standing);
                        others.training.opened(model, partition, standing);
                    }

                    @Override
                    public void closed(String model) {
                        training.closed(model);
                        others.training.closed(model);
                    }

                    @Override
                    public void answeredEach(String model, Standing standing, List<AnsweredExample> examples) {
                        training.answeredEach(model, standing, examples);
                        others.training.answeredEach(model, standing, examples);
                    }

                    @Override
                    public void stepped(String model, StepReport report) {
                        training.stepped(model, report);
                        others.training.stepped(model, report);
                    }

                    @Override
                    public void lag(String model, long records) {
                        training.lag(model, records);
                        others.training.lag(model, records);
                    }

                    @Override
                    public void snapshot(String model, Duration stall) {
                        training.snapshot(model, stall);
                        others.training.snapshot(model, stall);
                    }

                    @Override
                    public void spent(TrainingActivity activity, Duration time) {
                        training.spent(activity, time);
                        others.training.spent(activity, time);
                    }

                    @Override
                    public void answered(String model, int examples, int correct) {
                        training.answered(model, examples, correct);
                        others.training.answered(model, examples, correct);
                    }

                    @Override
                    public void drifted(String model, Drift drift) {
                        training.drifted(model, drift);
                        others.training.drifted(model, drift);
                    }

                    @Override
                    public void setAside(String model, int examples) {
                        training.setAside(model, examples);
                        others.training.setAside(model, examples);
                    }

                    @Override
                    public void writeFailed(String model, long version, IOException cause) {
                        training.writeFailed(model, version, cause);
                        others.training.writeFailed(model, version, cause);
                    }

                    @Override
                    public void publishFailed(String model, long version, RuntimeException cause) {
                        training.publishFailed(model, version, cause);
                        others.training.publishFailed(model, version, cause);
                    }
                },
                new RegistryObserver() {
                    @Override
                    public void publishing(VersionRecord version) {
                        registry.publishing(version);
                        others.registry.publishing(version);
                    }

                    @Override
                    public void published(VersionRecord version, Duration writing) {
                        registry.published(version, writing);
                        others.registry.published(version, writing);
                    }

                    @Override
                    public void judged(Verdict verdict) {
                        registry.judged(verdict);
                        others.registry.judged(verdict);
                    }

                    @Override
                    public void rolledBack(Pin pin) {
                        registry.rolledBack(pin);
                        others.registry.rolledBack(pin);
                    }

                    @Override
                    public void swapped(VersionRecord version, Duration loading, Duration freshness) {
                        registry.swapped(version, loading, freshness);
                        others.registry.swapped(version, loading, freshness);
                    }

                    @Override
                    public void refused(VersionRecord version, Exception cause) {
                        registry.refused(version, cause);
                        others.registry.refused(version, cause);
                    }

                    @Override
                    public void heard(String model) {
                        registry.heard(model);
                        others.registry.heard(model);
                    }

                    @Override
                    public void reportDropped(String model) {
                        registry.reportDropped(model);
                        others.registry.reportDropped(model);
                    }

                    @Override
                    public void routed(String model, String alias) {
                        registry.routed(model, alias);
                        others.registry.routed(model, alias);
                    }

                    @Override
                    public void shadowed(String model, ShadowOutcome outcome) {
                        registry.shadowed(model, outcome);
                        others.registry.shadowed(model, outcome);
                    }
                });
    }
}
