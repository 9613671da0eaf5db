package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.model.ParameterGroup.Part;
import dev.millrace.model.StepSettings.Accumulation;
import dev.millrace.model.StepSettings.Optimizer;
import dev.millrace.model.StepSettings.Rates;
import dev.millrace.model.StepSettings.Update;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Updates are what their papers say, worked out again from the gradients at both of two steps. */
class OptimizerTest {

    private static final double DECAY = 5;
    private static final Targets OTHERS = Targets.of(new long[] {2, 2, 1, 1, 0, 0, 1}, TinyBert.weights());

    private Network network;

    @BeforeEach
    void load() {
        network = Network.load(TinyBert.model(), TinyBert.CPU, 0);
    }

    @AfterEach
    void close() {
        network.close();
    }

    private StepSettings by(Optimizer optimizer, Accumulation accumulation) {
        Rates rates = Rates.uniform(network.trainableLayers(), TinyBert.ENCODER_RATE, TinyBert.HEAD_RATE);
        return StepSettings.plain(0.1, new Update(optimizer, rates, DECAY, 1e9, 0.9, accumulation));
    }

    /** What is kept of one weight. */
    private static final class Weight {
        double value;
        double moment;
        double square;
        double average;
    }

    private interface Rule {
        void apply(Weight weight, double gradient, double rate, int step);
    }

    @Test
    void momentumIsStochasticGradientDescents() {
        followsItsRule(Optimizer.SGD, (weight, gradient, rate, step) -> {
            weight.moment = 0.9 * weight.moment + gradient;
            weight.value -= rate * weight.moment + rate * DECAY * weight.value;
            weight.average += 0.1 * (weight.value - weight.average);
        });
    }

    @Test
    void lionGoesByTheSign() {
        followsItsRule(Optimizer.LION, (weight, gradient, rate, step) -> {
            double ahead = 0.9 * weight.moment + 0.1 * gradient;
            weight.value -= rate * Math.signum(ahead) + rate * DECAY * weight.value;
            weight.moment = 0.99 * weight.moment + 0.01 * gradient;
            weight.average += 0.1 * (weight.value - weight.average);
        });
    }

    @Test
    void withoutAScheduleTheAverageIsPartOfTheUpdate() {
        followsItsRule(Optimizer.SCHEDULE_FREE, (weight, gradient, rate, step) -> {
            double base = weight.average + weight.moment;
            weight.square = 0.999 * weight.square + 0.001 * gradient * gradient;
            double size = Math.sqrt(weight.square / (1 - Math.pow(0.999, step))) + 1e-8;
            base -= rate * (gradient / size + DECAY * weight.value);
            weight.average += (base - weight.average) / step;
            weight.moment = base - weight.average;
            weight.value = 0.1 * base + 0.9 * weight.average;
        });
    }

    private void followsItsRule(Optimizer optimizer, Rule rule) {
        try (Training training = Training.fresh(network)) {
            Map<String, float[]> before = TinyBert.values(training.snapshot());
            for (int step = 1; step <= 3; step++) {
                Map<String, float[]> gradients = gradients(before, TinyBert.targets());
                training.step(by(optimizer, Accumulation.NONE));
                Map<String, float[]> after = TinyBert.values(training.snapshot());
                int unclear = 0;
                for (String name : training.names()) {
                    double rate = name.equals(TinyBert.HEAD) ? TinyBert.HEAD_RATE : TinyBert.ENCODER_RATE;
                    float[] gradient = TinyBert.get(gradients, name);
                    for (int i = 0; i < gradient.length; i++) {
                        Weight expected = weight(before, name, i);
                        if (Math.abs(0.9 * expected.moment + 0.1 * gradient[i]) < 1e-6) {
                            // Rounding decides about the sign, and about what it is as a share of its own size.
                            unclear++;
                            continue;
                        }
                        rule.apply(expected, gradient[i], rate, step);
                        Weight found = weight(after, name, i);
                        String of = optimizer + " " + name + " at step " + step;
                        assertThat(found.value).describedAs(of).isCloseTo(expected.value, within(4e-6));
                        assertThat(found.moment).describedAs(of).isCloseTo(expected.moment, within(1e-5));
                        assertThat(found.average).describedAs(of).isCloseTo(expected.average, within(4e-6));
                        assertThat(found.square).describedAs(of).isCloseTo(expected.square, within(1e-6));
                    }
                }
                assertThat(unclear).isLessThan(2000);
                before = after;
            }
            assertThat(TinyBert.get(before, Part.UPDATES.of(TinyBert.HEAD))).containsExactly(3);
        }
    }

    private static Weight weight(Map<String, float[]> parts, String name, int index) {
        Weight weight = new Weight();
        weight.value = TinyBert.get(parts, Part.VALUE.of(name))[index];
        weight.moment = TinyBert.get(parts, Part.FIRST_MOMENT.of(name))[index];
        weight.square = TinyBert.get(parts, Part.SECOND_MOMENT.of(name))[index];
        weight.average = TinyBert.get(parts, Part.AVERAGE.of(name))[index];
        return weight;
    }

    private Map<String, float[]> gradients(Map<String, float[]> parts, Targets targets) {
        List<Tensor> encoder = new ArrayList<>();
        for (Tensor tensor : network.untrained(TinyBert.model(), 1)) {
            encoder.add(moved(parts, tensor));
        }
        return new Gradients(network, TinyBert.SHAPE, List.of(), TinyBert.settings(network), targets)
                .at(encoder, List.of(moved(parts, TinyBert.head())));
    }

    private static Tensor moved(Map<String, float[]> parts, Tensor tensor) {
        return TinyBert.tensor(
                tensor.name(),
                TinyBert.get(parts, Part.VALUE.of(tensor.name())),
                tensor.shape().stream().mapToLong(Long::longValue).toArray());
    }

    @ParameterizedTest
    @EnumSource(Optimizer.class)
    void eachLearns(Optimizer optimizer) {
        Rates rates = optimizer == Optimizer.SGD
                ? Rates.uniform(2, 3e-3, 3e-3)
                : Rates.uniform(2, TinyBert.ENCODER_RATE, TinyBert.ENCODER_RATE);
        StepSettings settings = StepSettings.plain(0.1, new Update(optimizer, rates, 0, 1, 0.9, Accumulation.NONE));
        try (Training training = Training.fresh(network)) {
            float first = training.step(settings).loss();

            assertThat(training.steps(60, settings).step(settings).loss()).isLessThan(first / 2);
        }
    }

    @ParameterizedTest
    @EnumSource(Optimizer.class)
    void severalMiniBatchesMakeOneUpdateOfTheirMeanGradient(Optimizer optimizer) {
        try (Training training = Training.fresh(network);
                Training straight = Training.fresh(network)) {
            List<Tensor> start = training.snapshot();
            Map<String, float[]> one = gradients(TinyBert.values(start), TinyBert.targets());
            Map<String, float[]> other = gradients(TinyBert.values(start), OTHERS);

            training.step(by(optimizer, Accumulation.at(2, 1)));
            assertThat(training.snapshot()).containsAll(weightsOf(start));
            training.step(by(optimizer, Accumulation.at(2, 2)), OTHERS);

            Part moments = optimizer == Optimizer.SCHEDULE_FREE ? Part.SECOND_MOMENT : Part.FIRST_MOMENT;
            Map<String, float[]> parts = TinyBert.values(training.snapshot());
            for (String name : training.names()) {
                float[] moment = TinyBert.get(parts, moments.of(name));
                for (int i = 0; i < moment.length; i++) {
                    double mean = (TinyBert.get(one, name)[i] + (double) TinyBert.get(other, name)[i]) / 2;
                    double expected = switch (optimizer) {
                        case ADAMW -> 0.1 * mean;
                        case SGD -> mean;
                        case LION -> 0.01 * mean;
                        case SCHEDULE_FREE -> 0.001 * mean * mean;
                    };
                    assertThat((double) moment[i]).describedAs(name).isCloseTo(expected, within(1e-5));
                }
                assertThat(TinyBert.get(parts, Part.GRADIENT.of(name)))
                        .describedAs(name)
                        .hasSameSizeAs(moment)
                        .containsOnly(0);
                assertThat(TinyBert.get(parts, Part.UPDATES.of(name))).containsExactly(1);
            }
            straight.step(by(optimizer, Accumulation.NONE));
            assertThat(straight.snapshot()).isNotEqualTo(training.snapshot());
        }
    }

    /** All but the gradients that wait. */
    private static List<Tensor> weightsOf(List<Tensor> snapshot) {
        return snapshot.stream()
                .filter(tensor -> !tensor.name().startsWith(Part.GRADIENT.of("")))
                .toList();
    }

    @Test
    void twiceTheSameMiniBatchIsTheSameUpdateAsOnce() {
        try (Training once = Training.fresh(network);
                Training twice = Training.fresh(network)) {
            once.step(by(Optimizer.ADAMW, Accumulation.NONE));
            twice.step(by(Optimizer.ADAMW, Accumulation.at(2, 1)));
            twice.step(by(Optimizer.ADAMW, Accumulation.at(2, 2)));

            assertThat(twice.snapshot()).containsAll(weightsOf(once.snapshot()));
        }
    }

    @Test
    void aGradientThatWaitsOutlivesASnapshotAndABrokenMiniBatchAndNewRows() {
        StepSettings first = by(Optimizer.ADAMW, Accumulation.at(2, 1));
        StepSettings last = by(Optimizer.ADAMW, Accumulation.at(2, 2));
        try (Training training = Training.fresh(network)) {
            training.step(first);
            List<Tensor> waiting = training.snapshot();
            float[] poison = {1, Float.NaN, 1, 1, 1, 1, 1};

            training.step(first, Targets.of(TinyBert.labels(), poison));
            training.step(last, Targets.of(TinyBert.labels(), poison));
            assertThat(training.snapshot()).isEqualTo(waiting);

            training.step(last, OTHERS);
            try (Training resumed = Training.restored(network, waiting)) {
                resumed.step(last, OTHERS);
                assertThat(resumed.snapshot()).isEqualTo(training.snapshot());
            }
            try (Training grown = Training.restored(network, waiting)) {
                grown.head.appendRows(List.of(TinyBert.tensor(TinyBert.HEAD, new float[32], 1, 32)));
                float[] gradient =
                        TinyBert.get(TinyBert.values(grown.head.snapshot()), Part.GRADIENT.of(TinyBert.HEAD));
                assertThat(gradient).hasSize(4 * 32).endsWith(new float[32]);
                assertThat(grown.step(last, OTHERS).gradientNorm()).isFinite();
            }
        }
    }

    @Test
    void anAccumulationIsOfAtLeastOneMiniBatch() {
        assertThat(Accumulation.at(1, 1)).isEqualTo(Accumulation.NONE);
        assertThat(Accumulation.at(4, 3).last()).isFalse();
        assertThat(Accumulation.at(4, 4).last()).isTrue();
        assertThat(Accumulation.at(2, 3).last()).isTrue();
        assertThatThrownBy(() -> Accumulation.at(4, 0)).hasMessageContaining("place must be >= 1");
    }
}
