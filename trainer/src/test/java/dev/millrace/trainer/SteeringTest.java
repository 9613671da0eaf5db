package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.millrace.ingest.ControlRecord;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.ingest.LedgerRecord;
import dev.millrace.model.Head;
import dev.millrace.model.Network;
import dev.millrace.model.ParameterGroup;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tensor;
import dev.millrace.model.TokenBatch;
import dev.millrace.model.Tokenizer;
import dev.millrace.registry.Lineage;
import dev.millrace.registry.Lineage.Intervention;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Control records steer a training between two mini-batches, and in the order of the ledger. */
class SteeringTest {

    private static final VersionPolicy POLICY = new VersionPolicy(1000, Duration.ofDays(1), Duration.ofSeconds(1), 1);
    private static final List<LabelledExample> EXAMPLES = HelpDesk.examples("support", 40, 1);

    private static PretrainedModel base;
    private static Network network;
    private static Tokenizer tokenizer;

    private final List<StepReport> steps = new ArrayList<>();
    private int answered;

    @BeforeAll
    static void load() {
        base = TinyBase.model();
        network = Network.load(base, TinyBase.CPU, 0);
        tokenizer = Tokenizer.of(base.tokenizerJson(), TinyRecipe.standard().maxTokens());
    }

    @AfterAll
    static void close() {
        tokenizer.close();
        network.close();
    }

    @Test
    void settingsHoldFromTheirOffsetOn() {
        List<LedgerRecord> ledger = new ArrayList<>(EXAMPLES);
        ledger.add(12, set(Map.of("encoder-learning-rate", "0.001", "batch-size", "4")));
        Snapshot steered = run(ledger, TinyRecipe.standard());

        // The mini-batch that is open is closed by the control, whatever its size.
        assertThat(steps).extracting(StepReport::fresh).startsWith(8, 4, 4, 4).endsWith(4);
        assertThat(steered.checkpoint().steering().recipe().encoderLearningRate())
                .isEqualTo(0.001);
        assertThat(steered.checkpoint().steering().configured()).isEqualTo(TinyRecipe.standard());
        assertThat(steered.lineage().interventions())
                .extracting(Intervention::offset, Intervention::action, Intervention::by)
                .containsExactly(tuple(0L, Lineage.RECONFIGURED, "settings"), tuple(12L, "set", "ann"));
        assertThat(steered.nextOffset()).isEqualTo(41);
    }

    @Test
    void aSettingThatCannotBeChangesNothing() {
        List<LedgerRecord> ledger = new ArrayList<>(EXAMPLES);
        ledger.add(16, set(Map.of("frozen-layers", "1")));
        Snapshot steered = run(ledger, TinyRecipe.standard());

        assertThat(steered.checkpoint().steering()).isEqualTo(Steering.by(TinyRecipe.standard()));
        assertThat(steered.lineage().interventions())
                .extracting(Intervention::action)
                .containsExactly(Lineage.RECONFIGURED);
        assertThat(digest(steered)).isEqualTo(digest(run(EXAMPLES, TinyRecipe.standard())));
    }

    @Test
    void whatComesAfterAPauseWaitsAndIsThenLearnedAsIfNothingHadBeen() {
        List<LedgerRecord> ledger = new ArrayList<>(EXAMPLES);
        ledger.add(16, control(new ControlRecord.Pause()));
        try (ModelTraining training = begin(TinyRecipe.standard())) {
            feed(training, ledger);
            assertThat(steps).hasSize(2);
            assertThat(training.nextOffset()).isEqualTo(17);
            assertThat(training.hasMiniBatch()).isFalse();
            assertThat(training.isVersionDue()).isTrue();
            assertThat(training.checkpoint().checkpoint().steering().paused()).isTrue();

            ledger.add(control(new ControlRecord.Resume()));
            feed(training, ledger);
            assertThat(steps).hasSize(5);
            assertThat(digest(training.checkpoint())).isEqualTo(digest(run(EXAMPLES, TinyRecipe.standard())));
        }
    }

    @Test
    void aPausedModelStaysPausedWhenItIsOpenedAgain() {
        List<LedgerRecord> ledger = new ArrayList<>(EXAMPLES);
        ledger.add(16, control(new ControlRecord.Pause()));
        ledger.add(30, control(new ControlRecord.Resume()));
        Snapshot paused;
        try (ModelTraining training = begin(TinyRecipe.standard())) {
            feed(training, ledger.subList(0, 20));
            paused = training.checkpoint();
        }
        assertThat(paused.checkpoint().steering().paused()).isTrue();

        steps.clear();
        try (ModelTraining training = onwards(paused, TinyRecipe.standard())) {
            feed(training, ledger.subList(0, 30));
            assertThat(steps).isEmpty();
            feed(training, ledger);
            // The control that ends the pause closes a mini-batch when its turn comes.
            assertThat(steps).extracting(StepReport::fresh).containsExactly(8, 5, 8);
        }
    }

    @Test
    void aFrozenModelAnswersAndLearnsNothing() {
        List<LedgerRecord> ledger = new ArrayList<>(EXAMPLES);
        ledger.add(16, control(new ControlRecord.Freeze()));
        ledger.add(33, control(new ControlRecord.Resume()));
        Snapshot frozen = run(ledger.subList(0, 33), TinyRecipe.standard());
        Snapshot before = run(EXAMPLES.subList(0, 16), TinyRecipe.standard());

        assertThat(answered).isEqualTo(16);
        assertThat(frozen.checkpoint().learner().head())
                .isEqualTo(before.checkpoint().learner().head());
        assertThat(frozen.checkpoint().learner().score().examples()).isEqualTo(32);
        assertThat(frozen.checkpoint().learner().steps()).isEqualTo(2);

        steps.clear();
        run(ledger, TinyRecipe.standard());
        assertThat(steps).hasSize(3);
    }

    @Test
    void aVersionIsMadeWhereOneIsAskedFor() {
        List<LedgerRecord> ledger = new ArrayList<>(EXAMPLES);
        ledger.add(10, control(new ControlRecord.Checkpoint()));
        try (ModelTraining training = begin(TinyRecipe.standard())) {
            feed(training, ledger);
            assertThat(training.isVersionDue()).isTrue();
            Snapshot asked = training.checkpoint();
            assertThat(asked.nextOffset()).isEqualTo(11);
            assertThat(asked.checkpoint().learner().score().examples()).isEqualTo(10);

            feed(training, ledger);
            assertThat(training.isVersionDue()).isFalse();
        }
    }

    @Test
    void aRetiredLabelIsNoAnswerAndItsPastIsGoneUntilItComesBackAnew() {
        List<LedgerRecord> ledger = new ArrayList<>(EXAMPLES.subList(0, 24));
        ledger.add(control(new ControlRecord.RetireLabel("parcels")));
        Snapshot before = run(EXAMPLES.subList(0, 24), TinyRecipe.standard());
        Snapshot retired = run(ledger, TinyRecipe.standard());
        LearnerState learner = retired.checkpoint().learner();

        assertThat(before.checkpoint().learner().labels()).contains("parcels");
        assertThat(learner.labels()).hasSize(3).doesNotContain("parcels");
        assertThat(CheckpointFiles.weights(retired.checkpoint()).labels()).doesNotContain("parcels");
        assertThat(learner.rehearsal().kept())
                .isNotEmpty()
                .noneMatch(item -> item.label().equals("parcels"));
        assertThat(retired.lineage().interventions())
                .last()
                .extracting(Intervention::action, Intervention::detail)
                .containsExactly("retire-label", Map.of("label", "parcels"));

        ledger.addAll(EXAMPLES.subList(24, 40));
        LearnerState back = last(versions(ledger));
        assertThat(back.labels()).hasSize(4).contains("parcels");
        assertThat(back.rehearsal().kept())
                .filteredOn(item -> item.label().equals("parcels"))
                .isNotEmpty()
                .allMatch(item -> item.number() > 24);
    }

    @Test
    void theOtherLabelsDoNotMoveByABitWhenOneIsRetired() {
        List<LedgerRecord> ledger = new ArrayList<>(EXAMPLES.subList(0, 24));
        LearnerState before = run(ledger, TinyRecipe.standard()).checkpoint().learner();
        ledger.add(control(new ControlRecord.RetireLabel("parcels")));
        LearnerState after = run(ledger, TinyRecipe.standard()).checkpoint().learner();

        assertThat(after.encoder().equals(before.encoder())).isTrue();
        int row = before.labels().indexOf("parcels");
        List<Float> expected = logits(before, "my card is lost");
        expected.remove(row);
        assertThat(logits(after, "my card is lost")).isEqualTo(expected);
        for (int part = 0; part < before.head().size(); part++) {
            Tensor whole = before.head().get(part);
            Tensor rest = after.head().get(part);
            assertThat(rest.name()).isEqualTo(whole.name());
            if (whole.shape().size() == 2) {
                List<byte[]> rows = rows(whole);
                rows.remove(row);
                assertThat(rows(rest)).containsExactlyElementsOf(rows);
            } else {
                assertThat(rest).isEqualTo(whole);
            }
        }
    }

    private static List<byte[]> rows(Tensor tensor) {
        int count = Math.toIntExact(tensor.shape().get(0));
        ByteBuffer data = tensor.data();
        List<byte[]> rows = new ArrayList<>();
        int bytes = data.remaining() / count;
        while (data.hasRemaining()) {
            byte[] row = new byte[bytes];
            data.get(row);
            rows.add(row);
        }
        return rows;
    }

    /** What the averaged weights of a state answer. */
    private static List<Float> logits(LearnerState state, String text) {
        try (NDManager scope = network.manager().newSubManager();
                ParameterGroup encoder = group(state.encoder(), network.trainableNames());
                ParameterGroup head = group(state.head(), List.of(Head.ROWS))) {
            TokenBatch batch = TokenBatch.of(List.of(tokenizer.encode(text)));
            NDArray logits = network.predict(
                            scope, encoder.averages(), TinyRecipe.standard().head(), head.averages(), batch)
                    .logits();
            List<Float> values = new ArrayList<>();
            for (float value : logits.toFloatArray()) {
                values.add(value);
            }
            return values;
        }
    }

    private static ParameterGroup group(List<Tensor> parts, List<String> names) {
        Map<String, Tensor> byName = new HashMap<>();
        parts.forEach(tensor -> byName.put(tensor.name(), tensor));
        return ParameterGroup.restored(network, names, name -> Objects.requireNonNull(byName.get(name)));
    }

    @Test
    void aRenamedLabelKeepsWhatWasLearnedAndItsOldNameCountsAsTheNew() {
        List<LedgerRecord> ledger = new ArrayList<>(EXAMPLES);
        ledger.add(16, control(new ControlRecord.RenameLabel("parcels", "post")));
        List<Snapshot> versions = versions(ledger);
        LearnerState plain = run(EXAMPLES, TinyRecipe.standard()).checkpoint().learner();
        LearnerState learner = last(versions);

        assertThat(learner.labels())
                .isEqualTo(plain.labels().stream()
                        .map(label -> label.equals("parcels") ? "post" : label)
                        .toList());
        // A name is no weight: nothing else is different.
        assertThat(learner.head().equals(plain.head())).isTrue();
        assertThat(learner.encoder().equals(plain.encoder())).isTrue();
        assertThat(learner.score()).isEqualTo(plain.score());
        assertThat(learner.rehearsal().kept())
                .extracting(Remembered::label)
                .contains("post")
                .doesNotContain("parcels");
        assertThat(learner.formerNames()).isEqualTo(Map.of("parcels", "post"));
        // What is called otherwise is served so at once.
        assertThat(versions).hasSize(2);
        assertThat(versions.get(0).nextOffset()).isEqualTo(17);
        assertThat(versions.get(0).lineage().interventions())
                .last()
                .extracting(Intervention::detail)
                .isEqualTo(Map.of("label", "parcels", "to", "post"));
    }

    @Test
    void aNameThatIsTakenAndALabelThatIsNotThereChangeNothing() {
        List<LedgerRecord> ledger = new ArrayList<>(EXAMPLES);
        ledger.add(16, control(new ControlRecord.RenameLabel("parcels", "cards")));
        ledger.add(25, control(new ControlRecord.RetireLabel("weather")));
        Snapshot steered = run(ledger, TinyRecipe.standard());

        assertThat(steered.nextOffset()).isEqualTo(42);
        assertThat(steered.lineage().interventions())
                .extracting(Intervention::action)
                .containsExactly(Lineage.RECONFIGURED);
        assertThat(steered.checkpoint().learner().labels())
                .isEqualTo(run(EXAMPLES, TinyRecipe.standard())
                        .checkpoint()
                        .learner()
                        .labels());
    }

    @Test
    void otherSettingsOfTheTrainerHoldFromWhereItGoesOnAndStayChangedByTheLog() {
        List<LedgerRecord> ledger = new ArrayList<>(EXAMPLES);
        ledger.add(8, set(Map.of("weight-decay", "0.5")));
        Snapshot half = run(ledger.subList(0, 17), TinyRecipe.standard());

        Recipe other = TinyRecipe.standard().with(Map.of("gradient-clip", "2.0"));
        try (ModelTraining training = onwards(half, other)) {
            feed(training, ledger);
            Snapshot end = training.checkpoint();
            Recipe both = other.with(Map.of("weight-decay", "0.5"));
            assertThat(end.checkpoint().steering()).isEqualTo(new Steering(both, other, false, false));
            assertThat(end.lineage().interventions()).singleElement().satisfies(change -> {
                assertThat(change.offset()).isEqualTo(17);
                assertThat(change.detail()).isEqualTo(Map.of("gradient-clip", "2.0"));
            });
        }
    }

    private Snapshot run(List<? extends LedgerRecord> ledger, Recipe recipe) {
        try (ModelTraining training = begin(recipe)) {
            feed(training, ledger);
            return training.checkpoint();
        }
    }

    /** Makes the versions that are due on the way, and one at the end. */
    private List<Snapshot> versions(List<? extends LedgerRecord> ledger) {
        List<Snapshot> versions = new ArrayList<>();
        try (ModelTraining training = begin(TinyRecipe.standard())) {
            feed(training, ledger);
            while (training.isVersionDue()) {
                versions.add(training.checkpoint());
                feed(training, ledger);
            }
            versions.add(training.checkpoint());
            return versions;
        }
    }

    private static LearnerState last(List<Snapshot> versions) {
        return versions.get(versions.size() - 1).checkpoint().learner();
    }

    private ModelTraining begin(Recipe recipe) {
        Learner learner = Learner.fresh(network, base, recipe, () -> 0);
        Checkpoint nothing = Checkpoint.fresh(learner.snapshot(), recipe);
        return new ModelTraining(nothing, learner, "support", tokenizer, POLICY, observer(), Course.beginning(0));
    }

    private ModelTraining onwards(Snapshot from, Recipe configured) {
        Steering steering = from.checkpoint().steering();
        Learner learner =
                Learner.restored(network, steering.recipe(), from.checkpoint().learner(), () -> 0);
        Course course = Course.onwards(from.nextOffset(), steering, configured);
        return new ModelTraining(from.checkpoint(), learner, "support", tokenizer, POLICY, observer(), course);
    }

    /** Gives the training what it has not read yet, and again from where it wants it. */
    private void feed(ModelTraining training, List<? extends LedgerRecord> ledger) {
        learnAll(training);
        long offset = training.nextOffset() + training.waiting();
        while (offset < ledger.size()) {
            LedgerRecord next = ledger.get(Math.toIntExact(offset));
            training.append(offset, HelpDesk.START.plusSeconds(offset), next);
            learnAll(training);
            OptionalLong seek = training.takeSeek();
            offset = seek.isPresent() ? seek.getAsLong() : offset + 1;
        }
    }

    private void learnAll(ModelTraining training) {
        while (training.hasMiniBatch() && !training.isVersionDue()) {
            training.learnNext().ifPresent(steps::add);
        }
    }

    private TrainingObserver observer() {
        return new TrainingObserver() {
            @Override
            public void answered(String model, int examples, int correct) {
                answered += examples;
            }
        };
    }

    private static String digest(Snapshot snapshot) {
        return ResumedRun.digest(snapshot.checkpoint());
    }

    private static ControlRecord set(Map<String, String> settings) {
        return control(new ControlRecord.Set(settings));
    }

    private static ControlRecord control(ControlRecord.Action action) {
        return new ControlRecord("support", action, HelpDesk.START, "ann", "a test");
    }
}
