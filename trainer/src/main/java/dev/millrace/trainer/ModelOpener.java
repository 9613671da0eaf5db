package dev.millrace.trainer;

import dev.millrace.model.PretrainedModel;
import dev.millrace.registry.Artifact;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** Makes models ready to be trained: from the base, or from where their newest version ended. */
final class ModelOpener {

    private final Function<String, Workbench> benches;
    private final VersionPolicy policy;
    private final ArtifactStore store;
    private final TrainingObserver observer;
    private final LongSupplier nanoTime;

    ModelOpener(
            Function<String, Workbench> benches,
            VersionPolicy policy,
            ArtifactStore store,
            TrainingObserver observer,
            LongSupplier nanoTime) {
        this.benches = benches;
        this.policy = policy;
        this.store = store;
        this.observer = observer;
        this.nanoTime = nanoTime;
    }

    /**
     * Takes an idle model into memory.
     *
     * @throws UncheckedIOException when its newest version's files are gone or are not what their digests promise
     */
    OpenModel open(IdleModel idle) {
        ModelTraining training = open(idle.model(), Optional.ofNullable(idle.newest()), idle.publishedOffset());
        return new OpenModel(training, idle, nanoTime.getAsLong());
    }

    /**
     * Opens a model.
     *
     * @param model its name
     * @param newest its newest version, or empty when it has none
     * @param beginning the first offset that its partition still has, where it has none
     * @return the model, with its ledger at the offset where the version ended
     * @throws UncheckedIOException when the version's files are gone or are not what their digests promise
     */
    ModelTraining open(String model, Optional<VersionRecord> newest, long beginning) {
        Recipe recipe = benches.apply(model).recipe();
        if (newest.isEmpty()) {
            return fresh(model, recipe, Course.beginning(beginning));
        }
        VersionRecord version = newest.get();
        requireSameBase(version);
        try {
            Checkpoint checkpoint = read(version);
            long offset = version.position().nextOffset();
            return from(checkpoint, model, Course.onwards(offset, checkpoint.steering(), recipe));
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "Training of " + model + " cannot go on from version " + version.version() + ": " + e.getMessage(),
                    e);
        } catch (IllegalArgumentException e) {
            throw new IllegalStateException("Training of " + model + " cannot go on: " + e.getMessage(), e);
        }
    }

    /**
     * Opens a model at one of its versions, to take a stretch of the ledger once more.
     *
     * @throws IOException when the version's files are gone or are not what their digests promise
     */
    ModelTraining again(VersionRecord from, Course course) throws IOException {
        requireSameBase(from);
        return from(read(from), from.model(), course);
    }

    /** Opens a model at its base, to take the ledger once more. */
    ModelTraining again(String model, Recipe first, Course course) {
        return fresh(model, first, course);
    }

    /** What watches the champion of a model that is opened. */
    ChampionWatch watch(ModelRegistry view, String model) {
        return ChampionWatch.of(policy.rollback(), view, model);
    }

    /** What takes a model back to before it saw something. */
    Unlearning unlearning() {
        return new Unlearning(this, store);
    }

    private ModelTraining fresh(String model, Recipe first, Course course) {
        Workbench bench = benches.apply(model);
        Learner learner = Learner.fresh(bench.network(), bench.base(), first, nanoTime);
        Checkpoint nothing = Checkpoint.fresh(learner.snapshot(), first);
        return new ModelTraining(nothing, learner, model, bench.tokenizer(), policy, observer, course);
    }

    private ModelTraining from(Checkpoint checkpoint, String model, Course course) {
        Recipe current = checkpoint.steering().recipe();
        Workbench bench = benches.apply(model);
        Learner learner = Learner.restored(bench.network(), current, checkpoint.learner(), nanoTime);
        return new ModelTraining(checkpoint, learner, model, bench.tokenizer(), policy, observer, course);
    }

    /** Sees to it that a version was trained from the base that its model has now. */
    void requireSameBase(VersionRecord version) {
        PretrainedModel base = benches.apply(version.model()).base();
        if (!version.base().equals(base.name())) {
            throw new IllegalStateException(version.model() + " was trained from the base " + version.base() + ", not "
                    + base.name() + ": set trainer.base back, or give the model another name to start anew");
        }
    }

    private Checkpoint read(VersionRecord version) throws IOException {
        return CheckpointFiles.read(role -> store.fetch(artifact(version, role)));
    }

    private static Artifact artifact(VersionRecord version, String role) throws IOException {
        return version.artifact(role)
                .orElseThrow(() -> new IOException("its record names no file with the role " + role));
    }
}
