package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
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
}
