package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.LIST;
import static org.assertj.core.api.InstanceOfAssertFactories.MAP;

import dev.millrace.ingest.LabelledExample;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StreamTruthTest {

    private static StreamPlan.Drawn drawn(List<StreamedExample> examples, Optional<LabelSwap> swap) {
        return new StreamPlan.Drawn(List.of(examples), List.of(), swap);
    }

    private static List<LabelledExample> ledger(List<StreamedExample> examples) {
        return examples.stream().map(StreamedExample::example).toList();
    }

    @Test
    void judgesByTheGivenLabelsAndByTheRightOnes() {
        List<StreamedExample> noisy = new LabelNoise(0.25, 1).apply(InventedStream.of(8, "a", "b"));
        StreamTruth truth = StreamTruth.of(drawn(noisy, Optional.empty()), ledger(noisy));

        List<String> allRight = noisy.stream().map(StreamedExample::trueLabel).toList();
        assertThat(truth.figures(allRight)).containsEntry("prequential", 0.75).containsEntry("prequentialClean", 1.0);
        List<String> asGiven = noisy.stream().map(StreamedExample::label).toList();
        assertThat(truth.figures(asGiven)).containsEntry("prequential", 1.0).containsEntry("prequentialClean", 0.75);
    }

    @Test
    void withoutNoiseAndDriftThereIsNothingMoreToSay() {
        List<StreamedExample> examples = InventedStream.of(4, "a", "b");
        StreamTruth truth = StreamTruth.of(drawn(examples, Optional.empty()), ledger(examples));

        assertThat(truth.figures(Collections.nCopies(8, "a")))
                .containsExactly(
                        Map.entry("prequential", 0.5),
                        Map.entry("prequentialLastQuarter", 0.0),
                        Map.entry("quarters", List.of(1.0, 1.0, 0.0, 0.0)));
    }

    @Test
    void findsTheSwapInALedgerThatLeftDuplicatesOut() {
        List<StreamedExample> examples = new ArrayList<>(InventedStream.of(50, "a", "b"));
        Collections.shuffle(examples, new Random(1));
        // The first ten come again right behind themselves, so that the stream's half lies ten earlier in the ledger,
        // and once more at the end, under names that they did not have when they were learned.
        List<StreamedExample> sent = new ArrayList<>(examples.subList(0, 10));
        sent.addAll(examples);
        sent.addAll(examples.subList(0, 10));
        LabelSwap swap = LabelSwap.draw(sent, 0.5, 1);
        List<StreamedExample> changed = swap.apply(sent);
        List<StreamedExample> learned = new ArrayList<>(changed.subList(0, 10));
        learned.addAll(changed.subList(20, 110));
        StreamTruth truth = StreamTruth.of(drawn(changed, Optional.of(swap)), ledger(learned));

        assertThat(truth.swapAt()).hasValue(50);
        assertThat(truth.recoveryWindow()).isEqualTo(50);
        // Somebody who never learns the new names.
        List<String> stubborn = examples.stream().map(StreamedExample::label).toList();
        assertThat(truth.figures(stubborn))
                .containsEntry("prequential", 0.5)
                .doesNotContainKey("prequentialClean")
                .containsEntry("accuracyBeforeSwap", 1.0)
                .containsEntry("recoveryExamples", null);
        List<String> quick = learned.stream().map(StreamedExample::label).toList();
        assertThat(truth.figures(quick)).containsEntry("recoveryExamples", 50);
    }

    @Test
    void curvesOfAllLearnersHaveTheSamePoints() {
        List<StreamedExample> examples = InventedStream.of(500, "a", "b");
        StreamTruth truth = StreamTruth.of(drawn(examples, Optional.empty()), ledger(examples));
        Map<String, Object> curve = truth.curve(Map.of("one", Collections.nCopies(1000, "a")));

        assertThat(curve).containsEntry("window", 200);
        assertThat(curve.get("examples"))
                .asInstanceOf(LIST)
                .hasSize(201)
                .startsWith(200, 204)
                .endsWith(1000);
        assertThat(curve.get("accuracy"))
                .asInstanceOf(MAP)
                .extractingByKey("one")
                .asInstanceOf(LIST)
                .hasSize(201)
                .startsWith(1.0, 1.0)
                .endsWith(0.0);
    }
}
