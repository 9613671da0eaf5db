package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.model.Network;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tokenizer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A mini-batch without a finite loss leaves no trace in the model. */
class NonFiniteTest {

    private static final VersionPolicy POLICY = new VersionPolicy(1000, Duration.ofDays(1), Duration.ofSeconds(1), 1);
    private static final int BATCH = TinyRecipe.BATCH;
    private static final List<LabelledExample> CLEAN = HelpDesk.examples("support", 6 * BATCH, 1);

    private static PretrainedModel base;
    private static Network network;
    private static Tokenizer tokenizer;

    private final AtomicLong clockReadings = new AtomicLong();
    private int setAside;

    @BeforeAll
    static void load() {
        base = PoisonedBase.model();
        network = Network.load(base, TinyBase.CPU, 0);
        tokenizer = base.tokenizer(TinyRecipe.standard().maxTokens());
    }

    @AfterAll
    static void close() {
        tokenizer.close();
        network.close();
    }

    @Test
    void theModelIsToTheBitTheOneThatNeverSawIt() {
        String never = digest(train(CLEAN));
        assertThat(clockReadings.getAndSet(0)).as("two for each step").isEqualTo(12);

        for (int place : List.of(0, 3, 5)) {
            for (List<LabelledExample> poison : List.of(
                    PoisonedBase.miniBatch("p", "cards"), PoisonedBase.miniBatch("p", "unheard"), oneDropOfPoison())) {
                setAside = 0;
                List<LabelledExample> ledger = new ArrayList<>(CLEAN);
                ledger.addAll(place * BATCH, poison);
                Snapshot snapshot = train(ledger);

                assertThat(setAside).isEqualTo(BATCH);
                assertThat(clockReadings.getAndSet(0))
                        .as("one more for each try that failed")
                        .isEqualTo(12 + 2);
                assertThat(digest(snapshot)).isEqualTo(never);
                assertThat(snapshot.checkpoint().learner().labels()).doesNotContain("unheard");
                assertThat(snapshot.nextOffset()).isEqualTo(7L * BATCH);
                assertThat(snapshot.deadLetters())
                        .extracting(LedgerEntry.Example::example)
                        .isEqualTo(poison);
                assertThat(snapshot.lineage().setAside()).singleElement().satisfies(recorded -> {
                    assertThat(recorded.offset()).isEqualTo((long) place * BATCH);
                    assertThat(recorded.nextOffset()).isEqualTo((place + 1L) * BATCH);
                    assertThat(recorded.reason()).isEqualTo("non_finite");
                });
            }
        }
    }

    /** Sound examples of a new label, whose row is made before the loss shows that all was for nothing. */
    private static List<LabelledExample> oneDropOfPoison() {
        List<LabelledExample> batch = new ArrayList<>();
        for (int i = 1; i < BATCH; i++) {
            batch.add(new LabelledExample(
                    "sound-" + i, "support", "my parcel again", "unheard", HelpDesk.START, null, 1));
        }
        batch.add(PoisonedBase.example("drop", "cards"));
        return batch;
    }

    @Test
    void threeInARowStopTheTrainer() {
        List<LabelledExample> ledger = new ArrayList<>(CLEAN);
        for (int i = 0; i < 3; i++) {
            ledger.addAll(16, PoisonedBase.miniBatch("p" + i, "cards"));
        }
        assertThatThrownBy(() -> train(ledger))
                .isInstanceOf(IllegalStateException.class)
                .hasCauseInstanceOf(NonFiniteLossException.class)
                .hasMessageContaining("Training of support stops: 3 mini-batches in a row could not be learned")
                .hasMessageContaining("offsets 32 to 39")
                .hasMessageContaining("the last version is intact")
                .hasMessageContaining("trainer.encoder-learning-rate");
    }

    @Test
    void theyAreCountedFromOneStartToTheNext() {
        List<LabelledExample> ledger = new ArrayList<>(CLEAN.subList(0, 16));
        ledger.addAll(PoisonedBase.miniBatch("p0", "cards"));
        ledger.addAll(PoisonedBase.miniBatch("p1", "cards"));
        Snapshot two = train(ledger);
        Steering steering = two.checkpoint().steering();
        Learner learner =
                Learner.restored(network, steering.recipe(), two.checkpoint().learner(), () -> 0);
        Course course = Course.onwards(two.nextOffset(), steering, steering.configured());
        try (ModelTraining training = new ModelTraining(
                two.checkpoint(), learner, "support", tokenizer, POLICY, TrainingObserver.NONE, course)) {
            ledger.addAll(PoisonedBase.miniBatch("p2", "cards"));
            assertThatThrownBy(() -> feed(training, ledger)).hasMessageContaining("3 mini-batches in a row");
        }
    }

    @Test
    void oneThatIsLearnedBetweenThemEndsTheRow() {
        List<LabelledExample> ledger = new ArrayList<>(CLEAN);
        for (int place : List.of(40, 32, 24, 24, 16, 16)) {
            ledger.addAll(place, PoisonedBase.miniBatch("p" + place, "cards"));
        }
        Snapshot snapshot = train(ledger);

        assertThat(setAside).isEqualTo(6 * BATCH);
        assertThat(snapshot.checkpoint().learner().steps()).isEqualTo(6);
    }

    private Snapshot train(List<LabelledExample> ledger) {
        Recipe recipe = TinyRecipe.standard();
        Learner learner = Learner.fresh(network, base, recipe, clockReadings::incrementAndGet);
        Checkpoint nothing = Checkpoint.fresh(learner.snapshot(), recipe);
        TrainingObserver observer = new TrainingObserver() {
            @Override
            public void setAside(String model, int examples) {
                setAside += examples;
            }
        };
        try (ModelTraining training =
                new ModelTraining(nothing, learner, "support", tokenizer, POLICY, observer, Course.beginning(0))) {
            feed(training, ledger);
            return training.checkpoint();
        }
    }

    private static void feed(ModelTraining training, List<LabelledExample> ledger) {
        for (int offset = 0; offset < ledger.size(); offset++) {
            training.append(offset, HelpDesk.START.plusSeconds(offset), ledger.get(offset));
            while (training.hasMiniBatch()) {
                training.learnNext();
            }
        }
    }

    private static String digest(Snapshot snapshot) {
        return ResumedRun.digest(snapshot.checkpoint());
    }
}
