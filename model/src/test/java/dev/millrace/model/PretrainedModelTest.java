package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PretrainedModelTest {

    private static final String QUERY = "encoder.layer.1.attention.self.query.weight";

    @TempDir
    private Path folder;

    private Path config;
    private Path tokenizer;
    private Path tensors;

    @BeforeEach
    void write() throws IOException {
        PretrainedModel model = TinyBert.model();
        config = Files.write(folder.resolve("config.json"), model.config().write());
        tokenizer = Files.writeString(folder.resolve("tokenizer.json"), model.tokenizerJson());
        tensors = folder.resolve("model.safetensors");
        try (OutputStream out = Files.newOutputStream(tensors)) {
            model.writeTensors(out);
        }
    }

    @Test
    void whatIsWrittenIsRead() throws IOException {
        assertThat(PretrainedModel.read("tiny", config, tokenizer, tensors)).isEqualTo(TinyBert.model());
    }

    @Test
    void tensorsThatAreNotOfTheEncoderAreLeftOut() {
        Map<String, Tensor> more = TinyBert.tensors(TinyBert.CONFIG);
        more.put("pooler.dense.bias", TinyBert.tensor("pooler.dense.bias", new float[32], 32));

        assertThat(new PretrainedModel("tiny", TinyBert.CONFIG, more, TinyTokenizer.json()))
                .isEqualTo(TinyBert.model());
    }

    @Test
    void aMissingTensorIsNamed() {
        Map<String, Tensor> fewer = TinyBert.tensors(TinyBert.CONFIG);
        fewer.remove(QUERY);

        assertThatThrownBy(() -> new PretrainedModel("tiny", TinyBert.CONFIG, fewer, TinyTokenizer.json()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("tiny has no tensor named " + QUERY);
    }

    @Test
    void aTensorOfAnotherShapeIsNamed() {
        Map<String, Tensor> wrong = TinyBert.tensors(TinyBert.CONFIG);
        wrong.put(QUERY, TinyBert.tensor(QUERY, new float[64], 32, 2));

        assertThatThrownBy(() -> new PretrainedModel("tiny", TinyBert.CONFIG, wrong, TinyTokenizer.json()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(QUERY + ": F32[32, 2]");
    }

    @Test
    void aFileOfAnotherEncoderIsNamed() throws IOException {
        Files.write(config, new EncoderConfig(3, 32, 4, 64, 64, 100, 1e-12).write());

        assertThatThrownBy(() -> PretrainedModel.read("tiny", config, tokenizer, tensors))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(tensors.toString())
                .hasMessageContaining("encoder.layer.2.");
    }

    @Test
    void theTokenizerKnowsNoMorePlacesThanTheEncoder() {
        PretrainedModel model = TinyBert.model();

        assertThatThrownBy(() -> model.tokenizer(65))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("maxTokens must be <= 64")
                .hasMessageContaining("is 65");
        try (Tokenizer whole = model.tokenizer(64)) {
            assertThat(whole.encode("x ".repeat(100)).length()).isEqualTo(64);
        }
    }

    @Test
    void itsPrefixPrecedesEachTextOfAnyOfItsLayers() {
        PretrainedModel model = TinyBert.model(TinyBert.CONFIG.withPrefix("please: "));

        try (Tokenizer plain = TinyBert.model().tokenizer(16);
                Tokenizer prefixed = model.lowest(1).tokenizer(16)) {
            assertThat(prefixed.encode("help")).isEqualTo(plain.encode("please: help"));
        }
    }

    @Test
    void atLeastOneLayerIsTrained() {
        assertThatThrownBy(() -> Network.load(TinyBert.model(), TinyBert.CPU, 2))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("frozenLayers must be 0 to 1, but is 2");
        assertThatThrownBy(() -> Network.load(TinyBert.model(), TinyBert.CPU, -1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theRuntimeSaysWhatTheBitsDependOn() {
        Compute half = new Compute(Compute.Place.CPU, Compute.Precision.BFLOAT16);
        try (Network network = Network.load(TinyBert.model(), half, 1)) {
            assertThat(network.runtime())
                    .containsOnlyKeys("engine", "device", "precision", "threads", "processor")
                    .containsEntry("device", "cpu")
                    .containsEntry("precision", "bfloat16")
                    .hasEntrySatisfying("engine", engine -> assertThat(engine).startsWith("PyTorch 2."))
                    .hasEntrySatisfying(
                            "threads",
                            threads -> assertThat(Integer.parseInt(threads)).isPositive());
        }
    }

    @Test
    void eachCallTakesTheThreadsOfItsNetwork() {
        Compute two = new Compute(Compute.Place.CPU, Compute.Precision.FLOAT32, 2);
        Compute one = new Compute(Compute.Place.CPU, Compute.Precision.FLOAT32, 1);
        try (Network wide = Network.load(TinyBert.model(), two, 0);
                Network narrow = Network.load(TinyBert.model(), one, 0);
                Training training = Training.fresh(wide);
                Training other = Training.fresh(narrow)) {
            training.embed();
            assertThat(JniUtils.getNumThreads()).isEqualTo(2);
            assertThat(wide.runtime()).containsEntry("threads", "2");
            other.embed();
            assertThat(JniUtils.getNumThreads()).isEqualTo(1);
            assertThat(narrow.runtime()).containsEntry("threads", "1");
        }
        assertThatThrownBy(() -> new Compute(Compute.Place.CPU, Compute.Precision.FLOAT32, -1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("threads must be >= 0, but is -1");
    }

    @Test
    void whoOnlyLoadsTakesOneThreadWhateverOthersHaveSet() throws Exception {
        Compute two = new Compute(Compute.Place.CPU, Compute.Precision.FLOAT32, 2);
        try (Network network = Network.load(TinyBert.model(), two, 0);
                Training training = Training.fresh(network)) {
            training.embed();
            FutureTask<Integer> loading = new FutureTask<>(() -> {
                try (Network other = Network.load(TinyBert.model(), two, 1, Adapters.of(2, Adapters.Target.ALL))) {
                    assertThat(other.runtime()).containsEntry("threads", "2");
                    return JniUtils.getNumThreads();
                }
            });
            new Thread(loading).start();
            assertThat(loading.get()).isEqualTo(1);
            assertThat(JniUtils.getNumThreads()).isEqualTo(2);
        }
        assertThat(two.withOneThread()).isEqualTo(new Compute(Compute.Place.CPU, Compute.Precision.FLOAT32, 1));
    }

    @Test
    void theLowestLayersAreAnEncoderOfTheirOwn() throws IOException {
        PretrainedModel whole = TinyBert.model();
        PretrainedModel lowest = whole.lowest(1);

        assertThat(lowest.config().layers()).isEqualTo(1);
        assertThat(lowest.name()).isEqualTo(whole.name());
        assertThat(lowest.tensors()).hasSize(5 + 16);
        assertThat(EncoderConfig.read(lowest.config().write())).isEqualTo(lowest.config());
        assertThat(whole.lowest(2)).isEqualTo(whole);
        for (int layers : new int[] {0, 3}) {
            assertThatThrownBy(() -> whole.lowest(layers))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("layers must be 1 to 2")
                    .hasMessageContaining("but is " + layers);
        }
    }

    @Test
    void theLowestLayersComputeWhatTheyComputeInTheWhole() {
        // A layer whose sublayers add nothing normalizes what its predecessor normalized, which changes next to
        // nothing.
        Map<String, Tensor> tensors = new HashMap<>(TinyBert.tensors(TinyBert.CONFIG));
        tensors.replaceAll((name, tensor) -> {
            float fill = name.contains("LayerNorm.weight") ? 1 : 0;
            float[] values = new float[tensor.data().remaining() / Float.BYTES];
            Arrays.fill(values, fill);
            boolean upper = name.startsWith("encoder.layer.1.");
            boolean norm = name.startsWith("encoder.layer.0.output.LayerNorm");
            return upper || norm
                    ? TinyBert.tensor(
                            name,
                            values,
                            tensor.shape().stream().mapToLong(Long::longValue).toArray())
                    : tensor;
        });
        PretrainedModel whole = new PretrainedModel("tiny", TinyBert.CONFIG, tensors, TinyTokenizer.json());
        try (SentenceEncoder all = new SentenceEncoder(whole, TinyBert.CPU, 32);
                SentenceEncoder half = new SentenceEncoder(whole.lowest(1), TinyBert.CPU, 32)) {
            List<String> texts = List.of("my card has not arrived", "the printer is broken");
            for (int i = 0; i < texts.size(); i++) {
                assertThat(half.embed(texts).get(i))
                        .containsExactly(all.embed(texts).get(i), within(1e-5f));
            }
        }
    }
}
