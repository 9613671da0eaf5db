package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HuggingFaceFolderTest {

    private static final String TUNED = "encoder.layer.1.output.dense.bias";
    private static final Tensor TUNED_BIAS = TinyBert.tensor(TUNED, new float[32], 32);
    private static final Map<String, String> FACTS = Map.of("reason", "<b>wrong</b> | import");
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path version;

    @TempDir
    private Path folder;

    private Map<String, Path> files;

    @BeforeEach
    void write() throws IOException {
        PretrainedModel model = TinyBert.model();
        String padding =
                model.tokenizerJson().replace("\"padding\":null", "\"padding\":{\"strategy\":{\"Fixed\":128}}");
        assertThat(padding).contains("Fixed");
        files = Map.of(
                Classifier.CONFIG,
                        Files.write(version.resolve("c"), model.config().write()),
                Classifier.TOKENIZER, Files.writeString(version.resolve("t"), padding),
                Classifier.BASE, version.resolve("b"),
                Classifier.WEIGHTS, version.resolve("w"));
        try (OutputStream out = Files.newOutputStream(version.resolve("b"))) {
            model.writeTensors(out);
        }
        weights(List.of(TinyBert.head(), TUNED_BIAS));
    }

    private void weights(List<Tensor> tensors) throws IOException {
        try (OutputStream out = Files.newOutputStream(version.resolve("w"))) {
            new ClassifierWeights(List.of("a", "b", "\u00fc"), TinyBert.SHAPE, 32, tensors).writeTo(out);
        }
    }

    @Test
    void holdsTheTunedEncoderUnderTheNamesOfTheBase() throws IOException {
        HuggingFaceFolder.write(folder, files, "support 3", FACTS);

        PretrainedModel read = PretrainedModel.read(
                "pulled",
                folder.resolve("config.json"),
                folder.resolve("tokenizer.json"),
                folder.resolve("model.safetensors"));
        Map<String, Tensor> expected = TinyBert.tensors(TinyBert.CONFIG);
        expected.put(TUNED, TUNED_BIAS);
        assertThat(read.tensors()).isEqualTo(expected);
    }

    @Test
    void holdsTheHeadAndItsLabels() throws IOException {
        HuggingFaceFolder.write(folder, files, "support 3", FACTS);

        SafetensorsFile head = Safetensors.read(folder.resolve("head.safetensors"));
        assertThat(head.tensors()).containsExactly(TinyBert.head());
        assertThat(head.metadata()).containsEntry("head", "cosine").containsEntry("head_scale", "16.0");
        assertThat(JSON.readValue(folder.resolve("labels.json").toFile(), String[].class))
                .containsExactly("a", "b", "\u00fc");
        assertThat(folder.resolve("README.md"))
                .content()
                .startsWith("---\n")
                .contains("\n# support 3\n", "| reason | &lt;b>wrong&lt;/b> \\| import |\n")
                .contains("3 labels", "16.0 times");
    }

    @Test
    void saysHowToUseEveryHead() throws IOException {
        for (Head head : HeadTest.headsOnEmbeddings().toList()) {
            try (OutputStream out = Files.newOutputStream(version.resolve("w"))) {
                new ClassifierWeights(List.of("a", "b", "c"), head, 32, HeadTest.tensors(head, 3)).writeTo(out);
            }
            HuggingFaceFolder.write(folder, files, "support 3", FACTS);

            SafetensorsFile written = Safetensors.read(folder.resolve("head.safetensors"));
            assertThat(written.tensors()).isEqualTo(HeadTest.tensors(head, 3));
            assertThat(HeadMetadata.read(written.metadata())).isEqualTo(head);
            assertThat(folder.resolve("README.md"))
                    .content()
                    .contains(head.names())
                    .contains("a " + HeadMetadata.name(head.last()) + " head: ", "confidences = ")
                    .doesNotContain("%s");
        }
        assertThat(folder.resolve("README.md")).content().contains("""
                        x = embedding * embedding.shape[-1] ** 0.5
                        x = torch.nn.functional.linear(x, head["head.hidden.0.weight"], head["head.hidden.0.bias"])
                        x = torch.nn.functional.layer_norm(x, x.shape[-1:], head["head.hidden.0.norm.weight"], head["head.hidden.0.norm.bias"])
                        x = torch.nn.functional.gelu(x)
                        x = torch.nn.functional.linear(x, head["head.hidden.1.weight"], head["head.hidden.1.bias"])
                        x = torch.nn.functional.layer_norm(x, x.shape[-1:], head["head.hidden.1.norm.weight"], head["head.hidden.1.norm.bias"])
                        x = torch.nn.functional.gelu(x)
                        x = torch.nn.functional.normalize(x, dim=-1)
                        rows = torch.nn.functional.normalize(head["head.weight"], dim=-1)
                        confidences = (12.0 * x @ rows.T).softmax(-1)
                        """);
    }

    @Test
    void holdsTheEncoderWithItsAdaptersMerged() throws IOException {
        Tensor a = TinyBert.tensor("encoder.layer.1.output.dense.lora_A.weight", filled(128, 0.5f), 2, 64);
        Tensor b = TinyBert.tensor("encoder.layer.1.output.dense.lora_B.weight", filled(64, 0.25f), 32, 2);
        try (OutputStream out = Files.newOutputStream(version.resolve("w"))) {
            new ClassifierWeights(List.of("a", "b", "c"), TinyBert.SHAPE, 32, 2, List.of(TinyBert.head(), a, b))
                    .writeTo(out);
        }
        HuggingFaceFolder.write(folder, files, "support 3", FACTS);

        String name = "encoder.layer.1.output.dense.weight";
        float[] merged = TinyBert.floats(
                Safetensors.read(folder.resolve("model.safetensors")).tensor(name));
        float[] before = TinyBert.floats(TinyBert.get(TinyBert.tensors(TinyBert.CONFIG), name));
        for (int i = 0; i < merged.length; i++) {
            assertThat(merged[i]).isCloseTo(before[i] + 0.5f, within(1e-6f));
        }
        assertThat(Safetensors.read(folder.resolve("model.safetensors")).tensors())
                .hasSize(5 + 32);
    }

    private static float[] filled(int elements, float value) {
        float[] values = new float[elements];
        Arrays.fill(values, value);
        return values;
    }

    @Test
    void forcesNoPaddingOnAnybody() throws IOException {
        HuggingFaceFolder.write(folder, files, "support 3", FACTS);

        JsonNode tokenizer = JSON.readTree(folder.resolve("tokenizer.json").toFile());
        assertThat(tokenizer.get("padding").isNull()).isTrue();
        assertThat(tokenizer.get("model").get("vocab")).hasSize(100);
        assertThat(JSON.readTree(folder.resolve("tokenizer_config.json").toFile())
                        .get("model_max_length")
                        .asInt())
                .isEqualTo(32);
    }

    @Test
    void weightsOfAnotherEncoderAreRefusedBeforeAnythingIsWritten() throws IOException {
        weights(List.of(TinyBert.head(), TinyBert.tensor("encoder.layer.7.x", new float[1], 1)));

        assertThatThrownBy(() -> HuggingFaceFolder.write(folder, files, "support 3", FACTS))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no tensor named encoder.layer.7.x");
        assertThat(folder).isEmptyDirectory();
    }
}
