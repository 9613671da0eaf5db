package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PretrainedHeadTest {

    private static final List<String> LABELS = List.of("cards", "parcels", "\u00fcbrige");
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path version;

    @TempDir
    private Path folder;

    private void write(Head head) throws IOException {
        PretrainedModel model = TinyBert.model();
        Map<String, Path> files = Map.of(
                Classifier.CONFIG,
                        Files.write(version.resolve("c"), model.config().write()),
                Classifier.TOKENIZER, Files.writeString(version.resolve("t"), model.tokenizerJson()),
                Classifier.BASE, version.resolve("b"),
                Classifier.WEIGHTS, version.resolve("w"));
        try (OutputStream out = Files.newOutputStream(version.resolve("b"))) {
            model.writeTensors(out);
        }
        try (OutputStream out = Files.newOutputStream(version.resolve("w"))) {
            new ClassifierWeights(LABELS, head, 32, HeadTest.tensors(head, 3)).writeTo(out);
        }
        HuggingFaceFolder.write(folder, files, "support 3", Map.of());
    }

    /** The network that transformers make of such a folder, written a second time from its files alone. */
    @Test
    void isABertForSequenceClassificationWithTheLogitsOfTheVersion() throws IOException {
        write(Head.bert(8));

        JsonNode config = JSON.readTree(folder.resolve("config.json").toFile());
        assertThat(config.get("architectures").get(0).asText()).isEqualTo("BertForSequenceClassification");
        assertThat(config.get("id2label").get("2").asText()).isEqualTo("\u00fcbrige");
        assertThat(config.get("label2id").get("\u00fcbrige").asInt()).isEqualTo(2);
        assertThat(folder.resolve("head.safetensors")).doesNotExist();
        try (Network network = Network.load(TinyBert.model(), TinyBert.CPU, 0);
                Training training = Training.fresh(network, Head.bert(8), HeadTest.tensors(Head.bert(8), 3));
                NDManager manager = network.manager().newSubManager()) {
            Map<String, NDArray> tensors = new TreeMap<>();
            for (Tensor tensor :
                    Safetensors.read(folder.resolve("model.safetensors")).tensors()) {
                tensors.put(tensor.name().replaceFirst("^bert\\.", ""), NativeArray.of(manager, tensor));
            }
            EagerBert bert =
                    new EagerBert(EncoderConfig.read(Files.readAllBytes(folder.resolve("config.json"))), tensors);
            float[] logits = training.logits();
            List<Integer> order = TinyBert.batch().order();
            for (int row = 0; row < 7; row++) {
                NDArray first = bert.hidden(manager, TinyBert.texts().get(order.get(row)))
                        .get("0:1");
                NDArray pooled = first.matMul(
                                TinyBert.get(tensors, "pooler.dense.weight").transpose())
                        .add(TinyBert.get(tensors, "pooler.dense.bias"))
                        .tanh();
                float[] expected = pooled.matMul(
                                TinyBert.get(tensors, "classifier.weight").transpose())
                        .add(TinyBert.get(tensors, "classifier.bias"))
                        .toFloatArray();
                for (int label = 0; label < 3; label++) {
                    assertThat(logits[row * 3 + label]).isCloseTo(expected[label], within(1e-5f));
                }
            }
        }
    }

    @Test
    void readsWhatWasWritten() throws IOException {
        for (Head head : List.of(Head.cosine(16), Head.linear(8), Head.bert(8))) {
            write(head);

            PretrainedModel read = PretrainedFolder.readWithHead(folder);

            assertThat(read.head()).contains(new PretrainedHead(head, LABELS, HeadTest.tensors(head, 3)));
            assertThat(read.tensors()).isEqualTo(TinyBert.tensors(TinyBert.CONFIG));
            assertThat(read.name()).isNotEqualTo(PretrainedFolder.read(folder).name());
        }
    }

    @Test
    void refusesWhatItWouldNotAnswerAlike() throws IOException {
        write(Head.bert(8));
        refused(config -> config.put("problem_type", "multi_label_classification"), "problem_type must be");
        refused(config -> ((ObjectNode) config.get("id2label")).remove("1"), "has no name for 1");
        refused(config -> ((ObjectNode) config.get("id2label")).put("1", "cards"), "each once");
        refused(config -> ((ObjectNode) config.get("id2label")).put("3", "more"), "head.weight: F32[4, 32]");

        List<Tensor> encoder =
                TinyBert.tensors(TinyBert.CONFIG).values().stream().toList();
        try (OutputStream out = Files.newOutputStream(folder.resolve("model.safetensors"))) {
            Safetensors.write(out, encoder, Map.of());
        }
        assertThatThrownBy(() -> PretrainedFolder.readWithHead(folder)).hasMessageContaining("without a classifier");
    }

    private void refused(Consumer<ObjectNode> change, String message) throws IOException {
        Path file = folder.resolve("config.json");
        byte[] before = Files.readAllBytes(file);
        ObjectNode config = (ObjectNode) JSON.readTree(before);
        change.accept(config);
        Files.write(file, JSON.writeValueAsBytes(config));
        assertThatThrownBy(() -> PretrainedFolder.readWithHead(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(message);
        Files.write(file, before);
    }
}
