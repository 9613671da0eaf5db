package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.millrace.model.ParameterGroup.Part;
import dev.millrace.model.StepSettings.Optimizer;
import dev.millrace.model.StepSettings.Rates;
import dev.millrace.model.StepSettings.Update;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each layer learns at its own rate, and one without a rate does not learn at all. */
class LearningRatesTest {

    private static final EncoderConfig THREE_LAYERS = new EncoderConfig(3, 32, 4, 64, 64, 100, 1e-12);

    /** What softmax takes away again: its gradient is rounding, which is too small to move it by itself. */
    private static final String NO_GRADIENT = "key.bias";

    private static final Set<Optimizer> ONE_MOMENT = Set.of(Optimizer.SGD, Optimizer.LION);

    private final PretrainedModel base = TinyBert.model(THREE_LAYERS);
    private Network network;

    @BeforeEach
    void load() {
        network = Network.load(base, TinyBert.CPU, 0);
    }

    @AfterEach
    void close() {
        network.close();
    }

    private static StepSettings at(double... layers) {
        return at(Optimizer.ADAMW, layers);
    }

    private static StepSettings at(Optimizer optimizer, double... layers) {
        List<Double> rates = Arrays.stream(layers).boxed().toList();
        Rates all = new Rates(rates, TinyBert.HEAD_RATE);
        return StepSettings.plain(0.1, new Update(optimizer, all, 0, 1e9, 0.9, StepSettings.Accumulation.NONE));
    }

    @Test
    void theFirstUpdateMovesEachLayerByItsOwnRate() {
        double[] rates = {1e-4, 1e-3, 4e-3};
        try (Training training = Training.fresh(network)) {
            Map<String, float[]> before = TinyBert.values(training.snapshot());
            training.step(at(rates));
            Map<String, float[]> after = TinyBert.values(training.snapshot());

            for (int layer = 0; layer < rates.length; layer++) {
                String name = "encoder.layer." + layer + ".output.dense.weight";
                float[] start = TinyBert.get(before, Part.VALUE.of(name));
                float[] value = TinyBert.get(after, Part.VALUE.of(name));
                float[] moment = TinyBert.get(after, Part.FIRST_MOMENT.of(name));
                int moved = 0;
                for (int i = 0; i < value.length; i++) {
                    if (Math.abs(moment[i]) > 1e-6) {
                        moved++;
                        assertThat((double) (value[i] - start[i]))
                                .describedAs(name)
                                .isCloseTo(-rates[layer] * Math.signum(moment[i]), within(0.01 * rates[layer]));
                    }
                }
                assertThat(moved).isGreaterThan(1000);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Optimizer.class)
    void everyTensorOfALayerWithARateMovesAndNothingOfAnother(Optimizer optimizer) {
        for (List<Double> rates :
                List.of(List.of(0.0, 1e-3, 1e-3), List.of(0.0, 0.0, 1e-3), List.of(1e-3, 0.0, 1e-3))) {
            try (Training training = Training.fresh(network)) {
                Map<String, Tensor> before = byName(training.snapshot());
                training.steps(
                        2, at(optimizer, rates.stream().mapToDouble(r -> r).toArray()));

                byName(training.snapshot()).forEach((name, after) -> {
                    Tensor start = Objects.requireNonNull(before.get(name));
                    boolean trained = !name.contains(".layer.") || rates.get(layerOf(name)) > 0;
                    boolean kept = name.startsWith(Part.GRADIENT.of(""))
                            || (ONE_MOMENT.contains(optimizer) && name.startsWith(Part.SECOND_MOMENT.of("")));
                    if (trained && !kept && !(optimizer == Optimizer.SGD && name.endsWith(NO_GRADIENT))) {
                        assertThat(after).describedAs(rates + name).isNotEqualTo(start);
                    } else if (!trained || kept) {
                        assertThat(after).describedAs(rates + name).isEqualTo(start);
                    }
                });
            }
        }
    }

    private static int layerOf(String name) {
        return Integer.parseInt(name.replaceFirst(".*\\.layer\\.(\\d+)\\..*", "$1"));
    }

    private static Map<String, Tensor> byName(List<Tensor> snapshot) {
        Map<String, Tensor> tensors = new HashMap<>();
        snapshot.forEach(tensor -> tensors.put(tensor.name(), tensor));
        return tensors;
    }

    @Test
    void layersBelowTheLowestWithARateAreAsIfFrozen() {
        try (Network frozen = Network.load(base, TinyBert.CPU, 2);
                Training expected = Training.fresh(frozen).steps(3);
                Training training = Training.fresh(network).steps(3, at(0, 0, TinyBert.ENCODER_RATE))) {
            // What is frozen is computed for each text alone, which may move the last bits.
            assertThat(training.step(at(0, 0, 1e-3)).gradientNorm())
                    .isCloseTo(expected.step(TinyBert.settings(frozen)).gradientNorm(), withinPercentage(0.01));
        }
    }

    @Test
    void layersThatNeverLearnedAreAsPublishedButTheTopmost() {
        try (Training training = Training.fresh(network)) {
            assertThat(network.published(training.encoder, 1, 1)).isEqualTo(1);
            assertThat(network.published(training.encoder, 1, 3)).isEqualTo(2);

            training.step(at(0, 1e-3, 1e-3));
            assertThat(network.published(training.encoder, 1, 3)).isEqualTo(1);

            training.step(at(1e-3, 1e-3, 1e-3));
            assertThat(network.published(training.encoder, 1, 3)).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatIsKnownToBeAsPublishedIsAsIfFrozenToTheBit(boolean adapted) {
        Adapters adapters = adapted ? new Adapters(4, Adapters.Target.ALL, 8) : Adapters.NONE;
        try (Network frozen = Network.load(base, TinyBert.CPU, 2, adapters);
                Network thawing = Network.load(base, TinyBert.CPU, 0, adapters);
                Training expected = Training.fresh(frozen).steps(3);
                Training training = Training.fresh(thawing)) {
            for (int i = 0; i < 3; i++) {
                training.step(at(0, 0, TinyBert.ENCODER_RATE), 2);
            }
            assertThat(training.snapshot().stream().filter(tensor -> isTop(tensor.name())))
                    .containsExactlyElementsOf(expected.snapshot().stream()
                            .filter(tensor -> isTop(tensor.name()))
                            .toList());
            assertThat(training.logits(2)).containsExactly(expected.logits());
            assertThatThrownBy(() -> training.step(at(0, 1e-3, 1e-3), 2))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("a layer that learns");
        }
    }

    private static boolean isTop(String name) {
        return name.contains("layer.2.");
    }

    @Test
    void theHeadLearnsAloneWhenNoLayerHasARate() {
        try (Training training = Training.fresh(network)) {
            List<Tensor> encoder = training.encoder.snapshot();
            List<Tensor> head = training.head.snapshot();
            float first = training.step(at(0, 0, 0)).loss();

            training.steps(20, at(0, 0, 0));

            assertThat(training.encoder.snapshot()).isEqualTo(encoder);
            assertThat(training.head.snapshot()).isNotEqualTo(head);
            assertThat(training.step(at(0, 0, 0)).loss()).isLessThan(first);
        }
    }

    @Test
    void aLayerThatThawsStartsFromWhatItWas() {
        try (Training training = Training.fresh(network).steps(3, at(0, 1e-3, 1e-3))) {
            training.step(at(1e-3, 1e-3, 1e-3));

            Map<String, float[]> parts = TinyBert.values(training.snapshot());
            assertThat(TinyBert.get(parts, Part.UPDATES.of("encoder.layer.0.output.dense.bias")))
                    .containsExactly(1);
            assertThat(TinyBert.get(parts, Part.UPDATES.of("encoder.layer.1.output.dense.bias")))
                    .containsExactly(4);
        }
    }

    @Test
    void ratesFallFromTheTopDownAmongTheThawed() {
        assertThat(Rates.decaying(4, 3, 1e-3, 0.5, 1e-2)).isEqualTo(new Rates(List.of(0.0, 2.5e-4, 5e-4, 1e-3), 1e-2));
        assertThat(Rates.decaying(2, 9, 1e-3, 1, 1e-2)).isEqualTo(Rates.uniform(2, 1e-3, 1e-2));
    }

    @Test
    void eachLayerNeedsARate() {
        try (Training training = Training.fresh(network)) {
            assertThatThrownBy(() -> training.step(at(1e-3, 1e-3)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("each of 3 layers needs a learning rate, but there are 2");
        }
        assertThatThrownBy(() -> at(1e-3, -1e-3, 1e-3)).hasMessageContaining("must be a number >= 0, but is -0.001");
    }
}
