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
                    head       | forest      | the head must be one of cosine, linear, but is forest
                    head_scale | many        | many
                    head_scale | NaN         | headScale must be a number > 0, but is NaN
                    head_scale | -1          | headScale must be a number > 0, but is -1.0
                    max_tokens | 1.5         | 1.5
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
