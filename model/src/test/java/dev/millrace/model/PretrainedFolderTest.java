package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.model.EncoderConfig.Pooling;
import dev.millrace.model.Tensor.ElementType;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PretrainedFolderTest {

    private static final String QUERY = "encoder.layer.1.attention.self.query.weight";

    @TempDir
    private Path place;

    private Path folder;

    @BeforeEach
    void write() throws IOException {
        folder = Files.createDirectory(place.resolve("my encoder"));
        Files.write(folder.resolve("config.json"), TinyBert.CONFIG.write());
        Files.writeString(folder.resolve("tokenizer.json"), TinyTokenizer.json());
        tensors(List.copyOf(TinyBert.tensors(TinyBert.CONFIG).values()));
    }

    private void tensors(List<Tensor> tensors) throws IOException {
        try (OutputStream out = Files.newOutputStream(folder.resolve("model.safetensors"))) {
            Safetensors.write(out, tensors, Map.of("format", "pt"));
        }
    }

    private void pooling(String json) throws IOException {
        Path pooling = Files.createDirectories(folder.resolve("1_Pooling"));
        Files.writeString(pooling.resolve("config.json"), json);
    }

    private void prompts(String json) throws IOException {
        Files.writeString(folder.resolve("config_sentence_transformers.json"), json);
    }

    @Test
    void isReadAsItWasSaved() throws IOException {
        PretrainedModel read = PretrainedFolder.read(folder);

        assertThat(read.tensors()).isEqualTo(TinyBert.tensors(TinyBert.CONFIG));
        assertThat(read.config()).isEqualTo(TinyBert.CONFIG);
        assertThat(read.tokenizerJson()).isEqualTo(TinyTokenizer.json());
    }

    @Test
    void tensorsOfAModelAroundTheEncoderAreFoundAndTheRestIsLeftOut() throws IOException {
        List<Tensor> saved = new ArrayList<>();
        TinyBert.tensors(TinyBert.CONFIG).values().forEach(tensor -> saved.add(renamed(tensor)));
        saved.add(TinyBert.tensor("bert.pooler.dense.bias", new float[32], 32));
        saved.add(TinyBert.tensor("cls.predictions.bias", new float[100], 100));
        saved.add(new Tensor(
                "bert.embeddings.position_ids", ElementType.I64, List.of(1L, 64L), ByteBuffer.allocate(64 * 8)));
        tensors(saved);

        assertThat(PretrainedFolder.read(folder).tensors()).isEqualTo(TinyBert.tensors(TinyBert.CONFIG));
    }

    private static Tensor renamed(Tensor tensor) {
        String old = tensor.name()
                .replace("LayerNorm.weight", "LayerNorm.gamma")
                .replace("LayerNorm.bias", "LayerNorm.beta");
        return new Tensor("bert." + old, tensor.type(), tensor.shape(), tensor.data());
    }

    @Test
    void weightsOf16BitsAreWidened() throws IOException {
        List<Tensor> saved = new ArrayList<>();
        for (Tensor tensor : TinyBert.tensors(TinyBert.CONFIG).values()) {
            boolean query = tensor.name().equals(QUERY);
            saved.add(filled(tensor, query ? ElementType.F16 : ElementType.BF16, query ? 0x3e00 : 0x3fc0));
        }
        tensors(saved);

        PretrainedModel read = PretrainedFolder.read(folder);

        assertThat(read.tensors().values()).allSatisfy(tensor -> {
            assertThat(tensor.type()).isEqualTo(ElementType.F32);
            assertThat(TinyBert.floats(tensor)).containsOnly(1.5f);
        });
    }

    private static Tensor filled(Tensor like, ElementType type, int bits) {
        ByteBuffer data = ByteBuffer.allocate(like.data().remaining() / 2).order(ByteOrder.LITTLE_ENDIAN);
        while (data.hasRemaining()) {
            data.putShort((short) bits);
        }
        return new Tensor(like.name(), type, like.shape(), data.flip());
    }

    @Test
    void theNameIsThatOfTheFolderAndOfTheContent() throws IOException {
        String name = PretrainedFolder.read(folder).name();
        assertThat(name).matches("my_encoder@[0-9a-f]{12}");

        Path moved = Files.move(
                folder, Files.createDirectory(place.resolve("elsewhere")).resolve("my encoder"));
        assertThat(PretrainedFolder.read(moved).name()).isEqualTo(name);

        folder = moved;
        Map<String, Tensor> other = TinyBert.tensors(TinyBert.CONFIG);
        other.put(QUERY, TinyBert.tensor(QUERY, new float[32 * 32], 32, 32));
        tensors(List.copyOf(other.values()));
        String otherWeights = PretrainedFolder.read(folder).name();
        pooling("{\"pooling_mode_cls_token\": true, \"pooling_mode_mean_tokens\": false}");
        String otherPooling = PretrainedFolder.read(folder).name();
        prompts("{\"prompts\": {\"a\": \"query: \"}, \"default_prompt_name\": \"a\"}");
        String otherPrefix = PretrainedFolder.read(folder).name();
        assertThat(List.of(name, otherWeights, otherPooling, otherPrefix)).doesNotHaveDuplicates();
    }

    @Test
    void poolsAsSentenceTransformersSay() throws IOException {
        assertThat(PretrainedFolder.read(folder).config().pooling()).isEqualTo(Pooling.MEAN);
        pooling(
                "{\"word_embedding_dimension\": 32, \"pooling_mode_cls_token\": true, \"pooling_mode_mean_tokens\": false}");
        assertThat(PretrainedFolder.read(folder).config().pooling()).isEqualTo(Pooling.FIRST_TOKEN);
        pooling("{\"pooling_mode_cls_token\": false, \"pooling_mode_mean_tokens\": true}");
        assertThat(PretrainedFolder.read(folder).config().pooling()).isEqualTo(Pooling.MEAN);
    }

    @Test
    void theDefaultPromptOfSentenceTransformersPrecedesEachText() throws IOException {
        prompts("{\"prompts\": {\"query\": \"query: \"}, \"default_prompt_name\": null}");
        assertThat(PretrainedFolder.read(folder).config().prefix()).isEmpty();
        prompts("{\"prompts\": {\"query\": \"query: \", \"b\": \"passage: \"}, \"default_prompt_name\": \"b\"}");
        assertThat(PretrainedFolder.read(folder).config().prefix()).isEqualTo("passage: ");

        prompts("{\"prompts\": {\"query\": \"query: \"}, \"default_prompt_name\": \"b\"}");
        refused("config_sentence_transformers.json: prompts has no text named \"b\"");
        prompts("{\"prompts\"");
        refused("config_sentence_transformers.json is no JSON");
    }

    @Test
    void theTokenizerIsReadAlone() throws IOException {
        Files.delete(folder.resolve("model.safetensors"));

        assertThat(PretrainedFolder.tokenizerJson(folder)).isEqualTo(TinyTokenizer.json());
        Files.delete(folder.resolve("tokenizer.json"));
        assertThatThrownBy(() -> PretrainedFolder.tokenizerJson(folder))
                .isInstanceOf(IOException.class)
                .hasMessage(folder + ": there is no file tokenizer.json");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {"pooling_mode_mean_tokens": true, "include_prompt": false} | include_prompt must be true, but is false
                    {"pooling_mode_max_tokens": true} | pooling_mode_max_tokens is
                    {"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true} | pooling_mode_cls_token, pooling_mode_mean_tokens is
                    {"other": 1} | none is
                    {"pooling_mode | 1_Pooling/config.json is no JSON
                    """)
    void refusesOtherPooling(String json, String message) throws IOException {
        pooling(json);

        refused("1_Pooling/config.json", message);
    }

    private void refused(String... words) {
        assertThatThrownBy(() -> PretrainedFolder.read(folder))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(folder + ": ")
                .hasMessageContainingAll(words)
                .hasMessageContaining("; supported are encoders of the BERT family: model_type bert");
    }

    @ParameterizedTest
    @CsvSource({"config.json", "tokenizer.json", "model.safetensors"})
    void namesAFileThatIsMissingOrNotWhatItsNameSays(String file) throws IOException {
        Files.write(folder.resolve(file), new byte[] {1, 2, 3});
        refused(file);
        Files.delete(folder.resolve(file));
        refused("there is no file " + file);
    }

    @Test
    void namesAFolderThatIsMissing() {
        assertThatThrownBy(() -> PretrainedFolder.read(place.resolve("none")))
                .isInstanceOf(IOException.class)
                .hasMessage("there is no folder " + place.resolve("none"));
    }

    @Test
    void refusesAnotherKindOfNetwork() throws IOException {
        String config = new String(TinyBert.CONFIG.write(), StandardCharsets.UTF_8);
        Files.writeString(folder.resolve("config.json"), config.replace("\"bert\"", "\"roberta\""));

        refused("config.json: model_type must be bert, but is 'roberta'");
    }

    @Test
    void refusesWeightsThatDoNotFit() throws IOException {
        Map<String, Tensor> tensors = TinyBert.tensors(TinyBert.CONFIG);
        tensors.remove(QUERY);
        tensors(List.copyOf(tensors.values()));
        refused("model.safetensors has no tensor named " + QUERY);

        tensors.put(QUERY, TinyBert.tensor(QUERY, new float[64], 32, 2));
        tensors(List.copyOf(tensors.values()));
        refused("model.safetensors: ", QUERY + ": F32[32, 2]");
    }

    @Test
    void refusesATokenizerWithTokensThatTheEncoderDoesNotKnow() throws IOException {
        String json = TinyTokenizer.json();
        Files.writeString(folder.resolve("tokenizer.json"), json.replace("\"[unused99]\":99", "\"[unused99]\":100"));
        refused("tokenizer.json: there is a token 100, but vocab_size in config.json is 100");

        Files.writeString(
                folder.resolve("tokenizer.json"),
                json.replace(
                        "\"added_tokens\":[]",
                        "\"added_tokens\":[{\"id\":101,\"content\":\"[X]\",\"single_word\":false,\"lstrip\":false,"
                                + "\"rstrip\":false,\"normalized\":false,\"special\":true}]"));
        refused("tokenizer.json: there is a token 101");
    }

    @Test
    void refusesATokenizerWithoutMarks() throws IOException {
        String json = TinyTokenizer.json();
        int from = json.indexOf("\"post_processor\"");
        Files.writeString(
                folder.resolve("tokenizer.json"),
                json.substring(0, from) + "\"post_processor\":null," + json.substring(json.indexOf("\"decoder\"")));

        refused("tokenizer.json: a letter must be one token between two marks, but gives 1 tokens");
    }

    @Test
    void aPulledVersionIsABase() throws IOException {
        for (Pooling pooling : Pooling.values()) {
            boolean mean = pooling == Pooling.MEAN;
            EncoderConfig config = TinyBert.CONFIG.with(pooling).withPrefix(mean ? "please: " : "");
            Path version = Files.createDirectory(place.resolve("version " + pooling));
            Path pulled = Files.createDirectory(place.resolve("pulled " + pooling));
            String tuned = "encoder.layer.1.output.dense.bias";
            Map<String, Tensor> expected = TinyBert.tensors(config);
            expected.put(tuned, TinyBert.tensor(tuned, new float[32], 32));
            Map<String, Path> files = PoolingTest.version(version, config, TinyBert.get(expected, tuned));

            HuggingFaceFolder.write(pulled, files, "support 3", Map.of());
            PretrainedModel read = PretrainedFolder.read(pulled);

            assertThat(read.tensors()).isEqualTo(expected);
            assertThat(read.config()).isEqualTo(config);
            assertThat(pulled.resolve("README.md"))
                    .content()
                    .contains(mean ? "(hidden * mask).sum(1)" : "normalize(hidden[:, 0], dim=-1)");
            assertThat(Files.readString(pulled.resolve("README.md")).contains("`\"please: \" + text`"))
                    .isEqualTo(mean);
        }
    }
}
