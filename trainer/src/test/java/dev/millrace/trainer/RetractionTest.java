package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.LabelledExample;
import java.io.IOException;
import java.nio.IntBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An example that replaces the label of its text: nothing that remembers examples knows the other any more. */
class RetractionTest {

    private static TinyScene scene;

    @TempDir
    private Path folder = Path.of("");

    @BeforeAll
    static void load() {
        scene = new TinyScene();
    }

    @AfterAll
    static void close() {
        scene.close();
    }

    @Test
    void whatIsRememberedOfTheTextUnderTheOtherLabelIsDropped() {
        try (Learner learner = scene.fresh(TinyRecipe.standard())) {
            learner.judge(List.of(example("where is my card", "cash"), example("my card is here", "cards")));
            learner.learn(List.of(
                    example("where is my card", "cash"),
                    example("money please", "cash"),
                    example("my card is here", "cards")));
            assertThat(remembered(learner)).containsExactly("cards 1", "cash 2");
            assertThat(neighbours(learner)).containsExactly(0, 0, 1);

            learner.learn(List.of(correction("where is my card", "cards", "cash")));
            LearnerState state = learner.snapshot();
            assertThat(remembered(learner)).containsExactly("cards 2", "cash 1");
            assertThat(neighbours(learner)).containsExactlyInAnyOrder(0, 1, 1);
            assertThat(state.holdout()).extracting(TrainingExample::label).containsExactly("cards");
            assertThat(state.rehearsal().offered()).isEqualTo(4);
            assertThat(state.rehearsal().tallies())
                    .as("one less of the wrong label was seen, and one more of the right one")
                    .extracting(RehearsalState.Tally::seen)
                    .containsExactly(1L, 2L);
            assertThat(state.labels()).as("a label without examples stays one").containsExactly("cash", "cards");
        }
    }

    @Test
    void aTextThatIsHeldOutIsCorrectedAsWell() {
        try (Learner learner = scene.fresh(TinyRecipe.standard())) {
            learner.learn(List.of(example("where is my card", "cash"), example("my card is here", "cards")));
            learner.judge(List.of(correction("where is my card", "cards", "cash")));
            assertThat(remembered(learner)).containsExactly("cards 1");
            assertThat(neighbours(learner)).containsExactly(1);
            assertThat(learner.snapshot().holdout()).containsExactly(example("where is my card", "cards"));
        }
    }

    @Test
    void theOtherLabelMayHaveAnotherNameByNowOrNoneAnyMore() {
        try (Learner learner = scene.fresh(TinyRecipe.standard())) {
            learner.learn(List.of(example("where is my card", "cash"), example("my card is here", "cards")));
            learner.rename("cash", "money");
            learner.learn(List.of(
                    correction("where is my card", "cards", "cash"), correction("my card is here", "money", "lost")));
            assertThat(remembered(learner)).containsExactly("cards 2", "money 1");
        }
    }

    /** Corrections in the ledger, before and after the checkpoint, some of what is held out, and one within a mini-batch. */
    @Test
    void aCheckpointGoesOnToTheBit() throws IOException {
        List<LabelledExample> ledger = new ArrayList<>(HelpDesk.examples("support", 160, 1));
        for (int at : List.of(31, 47, 48, 66, 90, 111, 126, 150)) {
            LabelledExample wrong = ledger.get(at - (at == 90 ? 1 : 30));
            ledger.set(at, corrected(wrong, at));
        }
        Map<String, String> settings = Map.of("holdout-share", "0.2", "holdout-window", "20");
        Snapshot straight = ResumedRun.train(Optional.empty(), 0, 160, ledger, settings, 80);
        Snapshot half = ResumedRun.train(Optional.empty(), 0, 80, ledger, settings, 80);
        ResumedRun.write(half.checkpoint(), folder);
        Snapshot rest = ResumedRun.train(Optional.of(ResumedRun.read(folder)), 80, 160, ledger, settings, 80);

        assertThat(ledger.stream().filter(one -> one.replaces() != null)).hasSize(8);
        assertThat(ResumedRun.digest(rest.checkpoint())).isEqualTo(ResumedRun.digest(straight.checkpoint()));
        assertThat(straight.nextOffset()).isEqualTo(160);
        for (Snapshot end : List.of(straight, rest)) {
            LearnerState state = end.checkpoint().learner();
            List<TrainingExample> all = Stream.concat(
                            state.holdout().stream(),
                            state.rehearsal().kept().stream().map(Remembered::example))
                    .toList();
            for (LabelledExample correction : ledger) {
                if (correction.replaces() != null) {
                    assertThat(all).doesNotContain(example(correction.text(), correction.replaces()));
                }
            }
        }
    }

    private static LabelledExample corrected(LabelledExample wrong, int at) {
        return new LabelledExample(
                wrong.id() + "#2",
                wrong.model(),
                wrong.text(),
                "corrected",
                HelpDesk.START.plusSeconds(at),
                null,
                1,
                wrong.label());
    }

    private static TrainingExample example(String text, String label) {
        return scene.example(text, label);
    }

    private static TrainingExample correction(String text, String label, String replaces) {
        return new TrainingExample(scene.example(text, label).tokens(), label, 1, replaces);
    }

    /** How many examples of each label are rehearsed. */
    private static List<String> remembered(Learner learner) {
        Rehearsal memory =
                new Rehearsal(64, Selection.of("uniform"), learner.snapshot().rehearsal());
        return memory.labelsBeyond(List.of()).stream()
                .map(label -> label + " " + memory.count(label))
                .sorted()
                .toList();
    }

    private static List<Integer> neighbours(Learner learner) {
        IntBuffer labels = learner.snapshot()
                .voting()
                .served()
                .neighbourLabels()
                .orElseThrow()
                .data()
                .asIntBuffer();
        List<Integer> all = new ArrayList<>();
        while (labels.hasRemaining()) {
            all.add(labels.get());
        }
        return all;
    }
}
