package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.model.EncoderConfig.Pooling;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Encoders from their artifacts, computed by our program, are the encoders that were published. */
class PublishedEncoderTest {

    static final List<String> TEXTS = List.of(
            "my card has not arrived",
            "Hello",
            "I was charged twice for the same journey last Tuesday, and nobody answers the phone; can you please look"
                    + " into it and tell me when I will have my money back?",
            "?",
            "Die Rechnung stimmt nicht – 42,50 € zu viel",
            "printer on floor 3 prints only blank pages since this morning",
            "my card has not arrived yet");

    @ParameterizedTest
    @CsvSource({
        "MINILM,    minilm-l6, /all-minilm-l6-v2.onnx,  MEAN,        '',       22565376",
        "BGE_SMALL, bge-small, /bge-small-en-v1.5.onnx, FIRST_TOKEN, '',       33212160",
        "E5_SMALL,  e5-small,  /e5-small-v2.onnx,       MEAN,        'query: ', 33212160"
    })
    void agreesWithOnnxRuntime(
            PublishedEncoder published, String name, String onnx, Pooling pooling, String prefix, long parameters)
            throws Exception {
        PretrainedModel model = published.read();
        assertThat(model.name()).isEqualTo(name);
        assertThat(PublishedEncoder.named(name)).contains(published);
        assertThat(model.tensors().values().stream()
                        .mapToLong(tensor -> tensor.data().remaining() / Float.BYTES)
                        .sum())
                .isEqualTo(parameters);

        try (SentenceEncoder encoder = new SentenceEncoder(model, TinyBert.CPU, 128);
                Tokenizer tokenizer = Tokenizer.of(published.tokenizerJson(), 128);
                OnnxReference reference = new OnnxReference(onnx)) {
            List<float[]> embeddings = encoder.embed(TEXTS);
            for (int i = 0; i < TEXTS.size(); i++) {
                float[] expected = reference.embed(tokenizer.encode(prefix + TEXTS.get(i)), pooling);
                assertThat(embeddings.get(i)).describedAs(TEXTS.get(i)).containsExactly(expected, within(1e-5f));
            }
        }
    }

    /** As transformers would save it, and as a version of it is pulled: the whole of it is in the files. */
    @ParameterizedTest
    @EnumSource(names = {"BGE_SMALL", "E5_SMALL"})
    void fromAFolderItIsTheSame(PublishedEncoder published, @TempDir Path folder) throws IOException {
        PretrainedModel model = published.read();
        Files.write(folder.resolve("config.json"), model.config().write());
        Files.writeString(folder.resolve("tokenizer.json"), model.tokenizerJson());
        try (OutputStream out = Files.newOutputStream(folder.resolve("model.safetensors"))) {
            model.writeTensors(out);
        }

        PretrainedModel read = PretrainedFolder.read(folder);

        assertThat(read.config()).isEqualTo(model.config());
        assertThat(read.tensors()).isEqualTo(model.tensors());
        assertThat(PretrainedFolder.tokenizerJson(folder)).isEqualTo(published.tokenizerJson());
    }

    @Test
    void otherNamesAreNone() {
        assertThat(PublishedEncoder.named("bge-small-en-v1.5")).isEmpty();
        assertThat(PublishedEncoder.named("")).isEmpty();
    }
}
