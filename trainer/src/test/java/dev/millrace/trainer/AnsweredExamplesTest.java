package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.ControlRecord;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.ingest.LedgerRecord;
import dev.millrace.model.Network;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tokenizer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What is told of each example that was answered before it was learned. */
class AnsweredExamplesTest {

    private static final VersionPolicy POLICY = new VersionPolicy(1000, Duration.ofDays(1), Duration.ofSeconds(1), 1);

    private final Map<Long, AnsweredExample> answered = new TreeMap<>();
    private final List<Standing> standings = new ArrayList<>();
    private final List<StepReport> steps = new ArrayList<>();
    private int frozenCorrect;

    @Test
    void everyExampleIsToldAtItsOffsetUnderTheNameThatItsLabelHasNow() {
        List<LabelledExample> examples = HelpDesk.examples("support", 48, 1);
        List<LedgerRecord> ledger = new ArrayList<>(examples);
        ledger.add(16, control(new ControlRecord.RenameLabel("cards", "plastic")));
        ledger.add(33, control(new ControlRecord.Freeze()));
        train(ledger, TinyRecipe.standard());

        Map<Long, String> expected = new TreeMap<>();
        for (int offset = 0; offset < ledger.size(); offset++) {
            if (ledger.get(offset) instanceof LabelledExample example) {
                boolean renamed = offset > 16 && example.label().equals("cards");
                expected.put((long) offset, renamed ? "plastic" : example.label());
            }
        }
        Map<Long, String> told = new TreeMap<>();
        answered.forEach((offset, example) -> {
            assertThat(example.offset()).isEqualTo(offset);
            told.put(offset, example.label());
        });
        assertThat(told).isEqualTo(expected);

        // Nothing is known when the first mini-batch is answered.
        assertThat(answered.values()).extracting(AnsweredExample::answer).startsWith("", "", "", "", "", "", "", "");
        assertThat(answered.values().stream().skip(8))
                .extracting(AnsweredExample::answer)
                .doesNotContain("");
        assertThat(answered.values().stream().skip(16))
                .extracting(AnsweredExample::answer)
                .doesNotContain("cards");
        assertThat(correctBefore(34))
                .isEqualTo(steps.stream().mapToLong(StepReport::correct).sum());
        assertThat(correctBefore(50) - correctBefore(34))
                .isEqualTo(frozenCorrect)
                .isPositive();

        assertThat(standings).extracting(Standing::nextOffset).containsExactly(8L, 16L, 25L, 33L, 42L, 50L);
        assertThat(standings).extracting(Standing::examples).containsExactly(8L, 16L, 24L, 32L, 40L, 48L);
        assertThat(standings).extracting(Standing::steps).containsExactly(1L, 2L, 3L, 4L, 4L, 4L);
        Standing last = standings.get(5);
        assertThat(last.correct()).isEqualTo(correctBefore(50));
        assertThat(last.loss()).isEqualTo(steps.get(3).loss());
        assertThat(last.votes().correct()).containsOnlyKeys("fine-tuned", "linear", "neighbours");
    }

    @Test
    void whatIsHeldOutIsCountedButNotToldOneByOne() {
        List<LabelledExample> examples = HelpDesk.examples("support", 48, 1);
        train(examples, TinyRecipe.standard().with(Map.of("holdout-share", "0.3")));
        Standing last = standings.get(standings.size() - 1);
        assertThat(last.examples()).isGreaterThan(answered.size());
        assertThat(answered).hasSize(steps.stream().mapToInt(StepReport::fresh).sum());
        answered.forEach((offset, example) -> assertThat(example.label())
                .isEqualTo(examples.get(Math.toIntExact(offset)).label()));
    }

    private long correctBefore(long offset) {
        return answered.values().stream()
                .filter(example -> example.offset() < offset && example.isCorrect())
                .count();
    }

    private void train(List<? extends LedgerRecord> ledger, Recipe recipe) {
        PretrainedModel base = TinyBase.model();
        try (Network network = Network.load(base, TinyBase.CPU, 0);
                Tokenizer tokenizer = Tokenizer.of(base.tokenizerJson(), recipe.maxTokens())) {
            Learner learner = Learner.fresh(network, base, recipe, () -> 0);
            Checkpoint nothing = Checkpoint.fresh(learner.snapshot(), recipe);
            try (ModelTraining training = new ModelTraining(
                    nothing, learner, "support", tokenizer, POLICY, observer(), Course.beginning(0))) {
                for (int offset = 0; offset < ledger.size(); offset++) {
                    training.append(offset, HelpDesk.START.plusSeconds(offset), ledger.get(offset));
                    learnAll(training);
                }
            }
        }
    }

    private void learnAll(ModelTraining training) {
        while (training.hasMiniBatch()) {
            training.learnNext().ifPresent(steps::add);
            if (training.isVersionDue()) {
                training.checkpoint();
            }
        }
    }

    private TrainingObserver observer() {
        return new TrainingObserver() {
            @Override
            public void answered(String model, int examples, int correct) {
                frozenCorrect += correct;
            }

            @Override
            public void answeredEach(String model, Standing standing, List<AnsweredExample> examples) {
                standings.add(standing);
                examples.forEach(example -> answered.put(example.offset(), example));
            }
        };
    }

    private static ControlRecord control(ControlRecord.Action action) {
        return new ControlRecord("support", action, HelpDesk.START, "ann", "a test");
    }
}
