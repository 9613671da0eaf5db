package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import dev.millrace.model.Compute.Place;
import dev.millrace.model.Compute.Precision;
import dev.millrace.model.StepSettings.Dropout;
import dev.millrace.model.StepSettings.Loss;
import dev.millrace.model.StepSettings.Rates;
import dev.millrace.model.StepSettings.Update;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Dropout leaves out what its seed says, and nothing where nobody learns. */
class DropoutTest {

    private static StepSettings with(Network network, Dropout dropout) {
        return new StepSettings(
                Loss.crossEntropy(0.1), dropout, TinyBert.settings(network).update());
    }

    private static List<Tensor> threeSteps(Network network, Dropout dropout) {
        try (Training training = Training.fresh(network)) {
            return training.steps(3, with(network, dropout)).snapshot();
        }
    }

    private static float[] logits(Training training, StepSettings settings) {
        try (NDManager scope = training.network.manager().newSubManager()) {
            return training.network
                    .step(
                            scope,
                            training.encoder,
                            0,
                            training.shape,
                            training.head,
                            settings,
                            TinyBert.batch(),
                            TinyBert.targets())
                    .logits()
                    .toFloatArray();
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void theSameSeedGivesTheSameBitsWhateverElseDrawsNumbers(Precision precision) {
        try (Network network = Network.load(TinyBert.model(), new Compute(Place.CPU, precision), 0)) {
            Engine.getEngine("PyTorch").setRandomSeed(1);
            List<Tensor> once = threeSteps(network, new Dropout(0.2, 0.1, 42));
            Engine.getEngine("PyTorch").setRandomSeed(2);

            assertThat(threeSteps(network, new Dropout(0.2, 0.1, 42))).isEqualTo(once);
            assertThat(threeSteps(network, new Dropout(0.2, 0.1, 43))).isNotEqualTo(once);
            assertThat(threeSteps(network, new Dropout(0.2, 0, 42))).isNotEqualTo(once);
            assertThat(threeSteps(network, new Dropout(0, 0.1, 42))).isNotEqualTo(once);
        }
    }

    @Test
    void withoutDropoutTheSeedDoesNotMatter() {
        try (Network network = Network.load(TinyBert.model(), TinyBert.CPU, 0)) {
            assertThat(threeSteps(network, new Dropout(0, 0, 7))).isEqualTo(threeSteps(network, Dropout.NONE));
        }
    }

    @Test
    void gradientsAgreeWithCentralDifferences() {
        try (Network network = Network.load(TinyBert.model(), TinyBert.CPU, 0)) {
            new Gradients(
                            network,
                            TinyBert.SHAPE,
                            List.of(TinyBert.head()),
                            with(network, new Dropout(0.2, 0.2, 5)),
                            TinyBert.targets())
                    .agreeWithCentralDifferences();
        }
    }

    @Test
    void whatIsKeptMakesUpForWhatIsLeftOut() {
        // The logits of a linear head are linear in its input, so their mean is what they are without dropout.
        Head linear = Head.linear(16);
        List<Tensor> head = List.of(TinyBert.head(), TinyBert.tensor(Head.BIAS, new float[3], 3));
        try (Network network = Network.load(TinyBert.model(), TinyBert.CPU, 1)) {
            StepSettings still = still(network, new Dropout(0, 0, 0), 0);
            double[] mean = new double[21];
            float[] expected;
            int different = 0;
            try (Training training = Training.fresh(network, linear, head)) {
                expected = logits(training, still);
                for (int seed = 1; seed <= 400; seed++) {
                    float[] found = logits(training, still(network, new Dropout(0, 0.25, seed), 0));
                    different += Arrays.equals(found, expected) ? 0 : 1;
                    for (int i = 0; i < mean.length; i++) {
                        mean[i] += found[i] / 400.0;
                    }
                }
            }
            assertThat(different).isGreaterThan(390);
            for (int i = 0; i < mean.length; i++) {
                assertThat(mean[i]).isCloseTo(expected[i], within(0.25));
            }
        }
    }

    /** Nothing is learned, so that the next step starts where this one did. */
    private static StepSettings still(Network network, Dropout dropout, double encoder) {
        Rates rates = Rates.uniform(network.trainableLayers(), encoder, 0);
        return new StepSettings(Loss.crossEntropy(0), dropout, Update.adamw(rates, 0, 1, 0.9));
    }

    @Test
    void layersThatDoNotLearnLeaveNothingOut() {
        Dropout dropout = new Dropout(0.4, 0, 3);
        List<float[]> found = new ArrayList<>();
        try (Network network = Network.load(TinyBert.model(), TinyBert.CPU, 0);
                Network frozen = Network.load(TinyBert.model(), TinyBert.CPU, 1);
                Training all = Training.fresh(network);
                Training upper = Training.fresh(frozen)) {
            Rates top = new Rates(List.of(0.0, 1e-3), 1e-2);
            found.add(logits(all, new StepSettings(Loss.crossEntropy(0.1), dropout, Update.adamw(top, 0, 1e9, 0.9))));
            found.add(logits(upper, with(frozen, dropout)));
            found.add(logits(upper, still(frozen, dropout, 0)));
            found.add(logits(upper, still(frozen, Dropout.NONE, 0)));
        }
        // What is frozen is computed for each text alone, which may move the last bits.
        assertThat(found.get(0)).containsExactly(found.get(1), within(1e-4f));
        assertThat(found.get(2)).containsExactly(found.get(3)).isNotEqualTo(found.get(1));
    }

    @Test
    void aShareIsBelowOne() {
        assertThatThrownBy(() -> new Dropout(1, 0, 0)).hasMessageContaining("encoder must be in [0, 1), but is 1.0");
        assertThatThrownBy(() -> new Dropout(0, -0.1, 0)).hasMessageContaining("head must be in [0, 1), but is -0.1");
    }
}
