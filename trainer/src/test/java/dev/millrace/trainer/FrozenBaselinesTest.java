package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.model.SentenceEncoder;
import dev.millrace.trainer.FrozenBaselines.Score;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class FrozenBaselinesTest {

    private static SentenceEncoder encoder;

    @BeforeAll
    static void load() {
        encoder = new SentenceEncoder(TinyBase.model(), TinyBase.CPU, 32);
    }

    @AfterAll
    static void close() {
        encoder.close();
    }

    /** Answers with the label it learned last, and writes down what it is asked. */
    private static final class LastLabel implements FrozenLearner {

        private final List<String> calls = new ArrayList<>();
        private int last = -1;

        @Override
        public int predict(float[] embedding) {
            assertThat(embedding).hasSize(TinyBase.HIDDEN);
            calls.add("predict");
            return last;
        }

        @Override
        public void learn(float[] embedding, int label) {
            calls.add("learn " + label);
            last = label;
        }

        @Override
        public String name() {
            return "last label";
        }
    }

    @Test
    void answersEachExampleBeforeItIsLearnedAndCountsWhatWasRight() {
        LastLabel learner = new LastLabel();
        FrozenBaselines baselines = new FrozenBaselines(encoder, List.of(learner));

        Map<String, List<String>> answers =
                baselines.learn(List.of(example("one", "b"), example("two", "b"), example("three", "a")));
        assertThat(answers).isEqualTo(Map.of("last label", List.of("", "b", "b")));
        Score first = scoreOf(baselines, "last label");
        assertThat(first).isEqualTo(new Score(3, 1));

        baselines.learn(List.of(example("four", "a"), example("five", "b")));
        assertThat(scoreOf(baselines, "last label")).isEqualTo(new Score(5, 2));
        assertThat(scoreOf(baselines, "last label").since(first)).isEqualTo(new Score(2, 1));
        assertThat(scoreOf(baselines, "last label").accuracy()).isEqualTo(0.4);
        assertThat(new Score(0, 0).accuracy()).isZero();

        // Each example is answered, and always before it is learned.
        assertThat(learner.calls)
                .containsExactly(
                        "predict", "learn 0", "predict", "learn 0", "predict", "learn 1", "predict", "learn 1",
                        "predict", "learn 0");
    }

    @Test
    void answersTextsByTheNamesOfTheirLabelsWithoutLearningThem() {
        LastLabel learner = new LastLabel();
        FrozenBaselines baselines = new FrozenBaselines(encoder, List.of(learner));
        assertThat(baselines.predict(List.of("my card"))).isEqualTo(Map.of("last label", List.of("")));

        baselines.learn(List.of(example("one", "b"), example("two", "a")));
        assertThat(baselines.predict(List.of("my card", "the parcel")))
                .isEqualTo(Map.of("last label", List.of("a", "a")));
        assertThat(scoreOf(baselines, "last label").examples()).isEqualTo(2);
    }

    @Test
    void givesTheSameScoresHoweverTheStreamIsCut() {
        List<LabelledExample> examples = HelpDesk.examples("support", 60, 1);
        FrozenBaselines atOnce = FrozenBaselines.standard(encoder, TinyBase.HIDDEN);
        atOnce.learn(examples);
        FrozenBaselines inParts = FrozenBaselines.standard(encoder, TinyBase.HIDDEN);
        for (int i = 0; i < 60; i += 10) {
            inParts.learn(examples.subList(i, i + 10));
        }

        assertThat(atOnce.scores()).hasSize(3).allSatisfy((name, score) -> {
            assertThat(score.examples()).isEqualTo(60);
            assertThat(score.correct()).isBetween(1L, 57L);
        });
        assertThat(inParts.scores()).isEqualTo(atOnce.scores());
    }

    private static Score scoreOf(FrozenBaselines baselines, String name) {
        Score score = baselines.scores().get(name);
        assertThat(score).isNotNull();
        return score == null ? new Score(0, 0) : score;
    }

    private static LabelledExample example(String text, String label) {
        return new LabelledExample(text, "support", text, label, HelpDesk.START, null, 1);
    }
}
