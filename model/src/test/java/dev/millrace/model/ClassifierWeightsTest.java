package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClassifierWeightsTest {

    private static final ClassifierWeights WEIGHTS = new ClassifierWeights(
            List.of("card \"lost\"", "größe", "卡"),
            Head.cosine(16.5),
            64,
            List.of(TinyBert.head(), TinyBert.tensor("encoder.layer.1.output.dense.bias", new float[32], 32)));

    private static final Map<String, String> METADATA = Map.of(
            "format", "pt", "head", "cosine", "head_scale", "16", "max_tokens", "64", "labels", "[\"a\",\"b\",\"c\"]");

    @TempDir
    private Path folder;

    @Test
    void whatIsWrittenIsRead() throws IOException {
        Path file = folder.resolve("weights.safetensors");
        try (OutputStream out = Files.newOutputStream(file)) {
            WEIGHTS.writeTo(out);
        }

        assertThat(ClassifierWeights.read(file)).isEqualTo(WEIGHTS);
    }

    @Test
    void everyHeadIsReadAsItWasWritten() throws IOException {
        for (Head head : HeadTest.heads().toList()) {
            ClassifierWeights written =
                    new ClassifierWeights(List.of("a", "b", "c"), head, 64, 2, HeadTest.tensors(head, 3));
            Path file = folder.resolve("weights.safetensors");
            try (OutputStream out = Files.newOutputStream(file)) {
                written.writeTo(out);
            }

            ClassifierWeights read = ClassifierWeights.read(file);
            assertThat(read).isEqualTo(written);
            assertThat(read.headTensors(TinyBert.CONFIG.hidden())).isEqualTo(HeadTest.tensors(head, 3));
        }
    }

    @Test
    void aPlainCosineHeadIsDescribedAsItEverWas() throws IOException {
        Path file = folder.resolve("weights.safetensors");
        try (OutputStream out = Files.newOutputStream(file)) {
            WEIGHTS.writeTo(out);
        }

        assertThat(Safetensors.read(file).metadata())
                .containsOnlyKeys(METADATA.keySet().toArray(new String[0]));
    }

    @Test
    void aHeadsTensorsMustBeItsOwnAndFit() {
        Head head = new Head(Head.Last.LINEAR, 8, List.of(24), Head.Activation.RELU, false);
        List<Tensor> tensors = HeadTest.tensors(head, 3);
        assertThatHeadIsRefused(head, tensors.subList(1, 4), "head.weight: F32[3, 24], one row a label");
        assertThatHeadIsRefused(head, tensors.subList(0, 3), "head.hidden.0.bias: F32[24]");
        assertThatHeadIsRefused(Head.linear(8), tensors, "no tensors named [head.hidden.0.weight, head.hidden.0.bias]");
        assertThatHeadIsRefused(head, HeadTest.tensors(head, 2), "head.weight: F32[3, 24]");
    }

    private static void assertThatHeadIsRefused(Head head, List<Tensor> tensors, String message) {
        ClassifierWeights weights = new ClassifierWeights(List.of("a", "b", "c"), head, 64, tensors);
        assertThatThrownBy(() -> weights.headTensors(TinyBert.CONFIG.hidden()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }

    @Test
    void theSameWeightsGiveTheSameBytes() throws IOException {
        ByteArrayOutputStream first = new ByteArrayOutputStream();
        ByteArrayOutputStream second = new ByteArrayOutputStream();
        WEIGHTS.writeTo(first);
        WEIGHTS.writeTo(second);

        assertThat(first.toByteArray()).isEqualTo(second.toByteArray());
    }

    @Test
    void plainMetadataIsRead() throws IOException {
        ClassifierWeights read = ClassifierWeights.read(file(METADATA));

        assertThat(read.labels()).containsExactly("a", "b", "c");
        assertThat(read.head()).isEqualTo(Head.cosine(16));
        assertThat(read.maxTokens()).isEqualTo(64);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    head       | forest      | the head must be one of cosine, linear, bert, but is forest
                    head_scale | many        | many
                    head_scale | NaN         | headScale must be a number > 0, but is NaN
                    head_scale | -1          | headScale must be a number > 0, but is -1.0
                    max_tokens | 1.5         | 1.5
                    head_layers | 12,many    | many
                    head_layers | 12,0       | each hidden layer must have a width >= 1
                    head_activation | sine   | the head_activation must be one of relu, gelu, tanh, but is sine
                    head_norm  | batch       | head_norm must be none or layer, but is batch
                    adapter_weight | -1      | adapterWeight must be a number >= 0, but is -1.0
                    labels     | null        | labels must be an array of strings
                    labels     | ["a",null]  | labels must be an array of strings
                    labels     | [1,2,3]     | labels must be an array of strings
                    labels     | {}          | labels must be an array of strings
                    labels     | []          | at least one label
                    labels     | ["a"        | metadata does not describe a classifier
                    """)
    void saysWhatIsWrong(String key, String value, String message) throws IOException {
        Map<String, String> metadata = new HashMap<>(METADATA);
        metadata.put(key, value);
        Path file = file(metadata);

        assertThatThrownBy(() -> ClassifierWeights.read(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"head", "head_scale", "max_tokens", "labels"})
    void everyKeyIsNeeded(String key) throws IOException {
        Map<String, String> metadata = new HashMap<>(METADATA);
        metadata.remove(key);
        Path file = file(metadata);

        assertThatThrownBy(() -> ClassifierWeights.read(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(file.toString());
    }

    private Path file(Map<String, String> metadata) throws IOException {
        Path file = folder.resolve("weights.safetensors");
        try (OutputStream out = Files.newOutputStream(file)) {
            Safetensors.write(out, List.of(TinyBert.head()), metadata);
        }
        return file;
    }
}
