package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.model.Classifier;
import dev.millrace.model.Tensor;
import dev.millrace.registry.Artifact;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.Delta;
import dev.millrace.registry.DeltaStore;
import dev.millrace.registry.FolderArtifactStore;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VersionWriterTest {

    @TempDir
    Path folder;

    private final TinyScene scene = new TinyScene();

    @AfterEach
    void close() {
        scene.close();
    }

    private VersionWriter writer(ArtifactStore store) {
        return new VersionWriter(
                model -> scene.bench(TinyRecipe.standard()),
                store,
                Clock.systemUTC(),
                () -> 0,
                new Gate(
                        GateRules.STANDARD,
                        store,
                        new Examiner(store, TinyBase.CPU, () -> 0),
                        ModelRegistry::empty,
                        Clock.systemUTC()),
                UnaryOperator.identity());
    }

    @Test
    void weightsThatOverflowNeverBecomeAVersion() throws IOException {
        Snapshot sound = ResumedRun.train(Optional.empty(), 0, 8);
        FolderArtifactStore store = FolderArtifactStore.open(folder);
        VersionWriter writer = writer(store);

        assertThat(writer.write("support", 1, null, "ledger", 0, sound).record().examples())
                .isEqualTo(8);
        assertThatThrownBy(() -> writer.write("support", 2, 1L, "ledger", 0, overflown(sound)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("Training of support has diverged")
                .hasMessageContaining("The last version is intact");
    }

    @Test
    void keepsWeightsAsTheDeltaToTheirBase() throws IOException {
        Snapshot snapshot = ResumedRun.train(Optional.empty(), 0, 8);
        DeltaStore store = DeltaStore.over(
                FolderArtifactStore.open(folder.resolve("store")), folder.resolve("copies"), true, Clock.systemUTC());
        VersionWriter writer = writer(store);

        WrittenVersion written = writer.write("support", 1, null, "ledger", 0, snapshot);

        Artifact weights = written.record().artifact(Classifier.WEIGHTS).orElseThrow();
        Artifact base = written.record().artifact(Classifier.BASE).orElseThrow();
        Delta delta = Objects.requireNonNull(weights.delta());
        assertThat(delta.size()).isLessThan(weights.size() * 9 / 10);
        assertThat(delta.baseSha256()).isEqualTo(base.sha256());
        assertThat(written.judgement().verdict().passed())
                .as("the gate reads it")
                .isTrue();
        ArtifactStore elsewhere = DeltaStore.over(
                FolderArtifactStore.open(folder.resolve("store")), folder.resolve("other"), false, Clock.systemUTC());
        Checkpoint read = CheckpointFiles.read(
                role -> elsewhere.fetch(written.record().artifact(role).orElseThrow()));
        assertThat(ResumedRun.digest(read)).isEqualTo(ResumedRun.digest(snapshot.checkpoint()));
        assertThat(weights.sha256())
                .as("the record has the digest of the whole file, whatever is kept")
                .isEqualTo(ContentDigest.of(
                        Objects.requireNonNull(CheckpointFiles.contents("support", snapshot.checkpoint())
                                .get(Classifier.WEIGHTS))));
    }

    @Test
    void givesNoTwoModelsTheSameTrainingState() throws IOException {
        Snapshot snapshot = ResumedRun.train(Optional.empty(), 0, 8);
        VersionWriter writer = writer(FolderArtifactStore.open(folder.resolve("store")));

        VersionRecord one =
                writer.write("support", 1, null, "ledger", 0, snapshot).record();
        VersionRecord twin =
                writer.write("support-2", 1, null, "ledger", 0, snapshot).record();

        assertThat(TrainerBench.sha256(one, Classifier.WEIGHTS))
                .isEqualTo(TrainerBench.sha256(twin, Classifier.WEIGHTS));
        assertThat(TrainerBench.sha256(one, CheckpointFiles.TRAINING_STATE))
                .as("or one could delete what the other is about to publish")
                .isNotEqualTo(TrainerBench.sha256(twin, CheckpointFiles.TRAINING_STATE));
    }

    /** The same, with one weight of the head that no float holds. */
    private static Snapshot overflown(Snapshot sound) {
        LearnerState learner = sound.checkpoint().learner();
        List<Tensor> head = new ArrayList<>(learner.head());
        Tensor first = head.get(0);
        ByteBuffer data = ByteBuffer.allocate(first.data().remaining()).order(ByteOrder.LITTLE_ENDIAN);
        data.put(first.data()).flip();
        data.putFloat(0, Float.POSITIVE_INFINITY);
        head.set(0, new Tensor(first.name(), first.type(), first.shape(), data));
        Checkpoint checkpoint = sound.checkpoint();
        return new Snapshot(
                new Checkpoint(
                        new LearnerState(
                                learner.steps(),
                                learner.updatedAt(),
                                learner.score(),
                                learner.labels(),
                                learner.formerNames(),
                                learner.encoder(),
                                head,
                                learner.rehearsal(),
                                learner.drift(),
                                learner.holdout(),
                                learner.voting()),
                        checkpoint.steering(),
                        checkpoint.newestExample(),
                        checkpoint.lastLoss(),
                        checkpoint.setAsideInARow()),
                sound.nextOffset(),
                sound.lineage(),
                sound.deadLetters());
    }
}
