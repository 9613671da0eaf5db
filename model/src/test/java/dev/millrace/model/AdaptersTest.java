package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.model.Adapters.Target;
import dev.millrace.model.Compute.Place;
import dev.millrace.model.Compute.Precision;
import dev.millrace.model.ParameterGroup.Part;
import dev.millrace.model.StepSettings.Rates;
import dev.millrace.model.StepSettings.Update;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Adapters learn in place of the matrices, and are those matrices once they are served. */
class AdaptersTest {

    private static final List<String> LABELS = List.of("card", "printer", "other");

    @TempDir
    private Path folder;

    private static Network network(Target target, int frozen) {
        return Network.load(TinyBert.model(), TinyBert.CPU, frozen, Adapters.of(4, target));
    }

    @Test
    void changeNothingUntilTheyLearn() {
        try (Network plain = Network.load(TinyBert.model(), TinyBert.CPU, 1);
                Network adapted = network(Target.ALL, 1);
                Training expected = Training.fresh(plain);
                Training training = Training.fresh(adapted)) {
            assertThat(training.embed()).containsExactly(expected.embed());
        }
    }

    @Test
    void learnBesideWholeLayersAsInANetworkOfTheirOwn() {
        try (Network whole = Network.load(TinyBert.model(), TinyBert.CPU, 0);
                Training first = Training.fresh(whole)) {
            try (Network beside = whole.beside(1, Adapters.of(4, Target.ALL));
                    Network apart = network(Target.ALL, 1);
                    Training shared = Training.fresh(beside);
                    Training own = Training.fresh(apart)) {
                first.steps(2);
                assertThat(shared.steps(3).snapshot()).isEqualTo(own.steps(3).snapshot());
                assertThat(shared.logits()).containsExactly(own.logits());
            }
            assertThat(first.steps(1).embed()).doesNotContain(Float.NaN);
        }
    }

    @Test
    void areNamedAndShapedByTheirMatrices() {
        try (Network network = network(Target.MLP, 1)) {
            assertThat(network.untrained(TinyBert.model(), 1))
                    .extracting(Tensor::toString)
                    .containsExactly(
                            "encoder.layer.1.intermediate.dense.lora_A.weight: F32[4, 32]",
                            "encoder.layer.1.intermediate.dense.lora_B.weight: F32[64, 4]",
                            "encoder.layer.1.output.dense.lora_A.weight: F32[4, 64]",
                            "encoder.layer.1.output.dense.lora_B.weight: F32[32, 4]");
            assertThat(network.untrained(TinyBert.model(), 1)).isEqualTo(network.untrained(TinyBert.model(), 1));
            assertThat(network.untrained(TinyBert.model(), 1)).isNotEqualTo(network.untrained(TinyBert.model(), 2));
            TinyBert.values(network.untrained(TinyBert.model(), 1)).forEach((name, values) -> {
                if (name.contains("lora_B")) {
                    assertThat(values).containsOnly(0);
                } else {
                    assertThat(values).doesNotContain(0);
                }
            });
        }
        assertThat(Adapters.of(1, Target.ATTENTION).names(0, 2)).hasSize(16);
        assertThat(Adapters.of(1, Target.ALL).names(1, 2)).hasSize(12);
    }

    @ParameterizedTest
    @EnumSource(Target.class)
    void gradientsAgreeWithCentralDifferences(Target target) {
        try (Network network = network(target, 0)) {
            Random random = new Random(5);
            List<Tensor> learned = network.untrained(TinyBert.model(), 1).stream()
                    .map(tensor -> {
                        float[] values = TinyBert.floats(tensor);
                        for (int i = 0; i < values.length; i++) {
                            values[i] = (float) (0.2 * random.nextGaussian());
                        }
                        return TinyBert.tensor(
                                tensor.name(),
                                values,
                                tensor.shape().stream()
                                        .mapToLong(Long::longValue)
                                        .toArray());
                    })
                    .toList();
            new Gradients(
                            network,
                            TinyBert.SHAPE,
                            List.of(TinyBert.head()),
                            TinyBert.settings(network),
                            TinyBert.targets())
                    .from(learned)
                    .agreeWithCentralDifferences();
        }
    }

    private static List<Tensor> parts(Training training, Part part) {
        String prefix = part.of("");
        return training.snapshot().stream()
                .filter(tensor -> tensor.name().startsWith(prefix))
                .map(tensor -> new Tensor(
                        tensor.name().substring(prefix.length()), tensor.type(), tensor.shape(), tensor.data()))
                .toList();
    }

    @ParameterizedTest
    @EnumSource(Target.class)
    void everyAdapterMovesAndFreezesByItsLayer(Target target) {
        try (Network network = network(target, 0);
                Training training = Training.fresh(network)) {
            Map<String, float[]> before = TinyBert.values(training.snapshot());
            Rates upper = new Rates(List.of(0.0, 1e-3), 1e-2);
            training.steps(2, StepSettings.plain(0.1, Update.adamw(upper, 0, 1e9, 0.9)));
            Map<String, float[]> after = TinyBert.values(training.snapshot());

            assertThat(training.names()).hasSize(network.trainableNames().size() + 1);
            for (String name : network.trainableNames()) {
                float[] start = TinyBert.get(before, Part.VALUE.of(name));
                float[] now = TinyBert.get(after, Part.VALUE.of(name));
                if (name.contains("layer.0.")) {
                    assertThat(now).describedAs(name).containsExactly(start);
                } else {
                    assertThat(now).describedAs(name).isNotEqualTo(start);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Target.class)
    void whatIsServedAnswersAsWhatWasTrained(Target target) throws IOException {
        try (Network network = network(target, 1);
                Training training = Training.fresh(network)) {
            training.steps(20);
            ClassifierWeights weights = new ClassifierWeights(
                    LABELS, TinyBert.SHAPE, 32, network.adapters().weight(), parts(training, Part.AVERAGE));
            Path file = folder.resolve("weights.safetensors");
            try (OutputStream out = Files.newOutputStream(file)) {
                weights.writeTo(out);
            }

            ClassifierWeights read = ClassifierWeights.read(file);
            assertThat(read).isEqualTo(weights);
            PretrainedModel merged = read.applyTo(TinyBert.model());
            try (Network served = Network.load(merged, TinyBert.CPU, 1);
                    Training answers = Training.fresh(
                            served, merged, TinyBert.SHAPE, read.headTensors(TinyBert.CONFIG.hidden()))) {
                assertThat(answers.logits()).containsExactly(training.logits(), within(1e-5f));
                assertThat(answers.embed()).containsExactly(training.embed(), within(1e-5f));
            }
            try (Network base = Network.load(TinyBert.model(), TinyBert.CPU, 1);
                    Training unlearned = Training.fresh(base)) {
                assertThat(distance(unlearned.embed(), training.embed())).isGreaterThan(0.05);
            }
            long adapters = 0;
            for (Tensor tensor : network.untrained(TinyBert.model(), 1)) {
                adapters += tensor.data().remaining();
            }
            assertThat(Files.size(file))
                    .isLessThan(adapters + TinyBert.head().data().remaining() + 3_000);
        }
    }

    private static double distance(float[] one, float[] other) {
        double squares = 0;
        for (int i = 0; i < one.length; i++) {
            squares += Math.pow(one[i] - (double) other[i], 2);
        }
        return Math.sqrt(squares);
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void learnAndGoOnFromASnapshot(Precision precision) {
        try (Network network = Network.load(
                        TinyBert.model(), new Compute(Place.CPU, precision), 0, Adapters.of(2, Target.ALL));
                Training training = Training.fresh(network)) {
            float first = training.step(TinyBert.settings(network)).loss();
            List<Tensor> half = training.steps(30).snapshot();
            float last = training.steps(30).step(TinyBert.settings(network)).loss();
            assertThat(last).isLessThan(first / 2);
            try (Training resumed = Training.restored(network, half)) {
                assertThat(resumed.steps(30).step(TinyBert.settings(network)).loss())
                        .isEqualTo(last);
                assertThat(resumed.snapshot()).isEqualTo(training.snapshot());
            }
        }
    }

    @Test
    void alphaIsTheirWeightTimesTheirRank() {
        List<float[]> embeddings = new ArrayList<>();
        for (double alpha : new double[] {0, 8, 16}) {
            try (Network network = Network.load(TinyBert.model(), TinyBert.CPU, 0, new Adapters(4, Target.ALL, alpha));
                    Training training = Training.fresh(network).steps(3)) {
                embeddings.add(training.embed());
            }
        }
        try (Network network = network(Target.ALL, 0);
                Training training = Training.fresh(network).steps(3);
                Network plain = Network.load(TinyBert.model(), TinyBert.CPU, 0);
                Training untrained = Training.fresh(plain)) {
            assertThat(embeddings.get(0)).containsExactly(untrained.embed());
            assertThat(embeddings.get(1)).containsExactly(training.embed());
            assertThat(embeddings.get(2)).isNotEqualTo(embeddings.get(1));
        }
    }

    @Test
    void adaptersOfAnotherEncoderAreRefused() {
        Tensor a = TinyBert.tensor("encoder.layer.1.output.dense.lora_A.weight", new float[128], 2, 64);
        Tensor b = TinyBert.tensor("encoder.layer.1.output.dense.lora_B.weight", new float[64], 32, 2);
        assertThatMergingIsRefused(List.of(a));
        assertThatMergingIsRefused(List.of(b));
        assertThatMergingIsRefused(List.of(a, TinyBert.tensor(b.name(), new float[64], 2, 32)));
        assertThatMergingIsRefused(List.of(
                TinyBert.tensor("encoder.layer.9.output.dense.lora_A.weight", new float[128], 2, 64),
                TinyBert.tensor("encoder.layer.9.output.dense.lora_B.weight", new float[64], 32, 2)));
        Map<String, Tensor> matrices = new HashMap<>(TinyBert.tensors(TinyBert.CONFIG));
        Adapters.merge(matrices, List.of(a, b), 2);
        assertThat(matrices).isEqualTo(TinyBert.tensors(TinyBert.CONFIG));
        assertThatThrownBy(() -> Adapters.of(-1, Target.ALL)).hasMessageContaining("rank must be >= 0, but is -1");
    }

    private static void assertThatMergingIsRefused(List<Tensor> adapters) {
        Map<String, Tensor> matrices = new HashMap<>(TinyBert.tensors(TinyBert.CONFIG));
        assertThatThrownBy(() -> Adapters.merge(matrices, adapters, 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the encoder has no matrix for " + adapters.get(0));
    }
}
