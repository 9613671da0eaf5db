package dev.millrace.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A version as a folder that Hugging Face transformers opens, with a model card. A head of {@link Head.Last#BERT} is read
 * with the encoder, as {@code BertForSequenceClassification}. For others transformers has no class: {@code AutoModel} and
 * {@code AutoTokenizer} read the fine-tuned encoder, and the card says how to use the head, which lies beside it.
 */
public final class HuggingFaceFolder {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** The file of the encoder, and of a head that transformers know. */
    static final String MODEL = "model.safetensors";

    /** The file of any other head, with what its metadata say of it. */
    static final String HEAD = "head.safetensors";

    private HuggingFaceFolder() {}

    /**
     * Writes the folder.
     *
     * @param folder exists; files of the same names are replaced
     * @param files of the version by role, at least {@link Classifier#ROLES}
     * @param title of the model card, such as the model's name and version
     * @param facts for the card, in their order: what is told, by what it is called
     * @throws IOException when a file cannot be read or written
     */
    public static void write(Path folder, Map<String, Path> files, String title, Map<String, String> facts)
            throws IOException {
        ClassifierWeights weights = ClassifierWeights.read(Classifier.file(files, Classifier.WEIGHTS));
        PretrainedModel base = PretrainedModel.read(
                Classifier.BASE,
                Classifier.file(files, Classifier.CONFIG),
                Classifier.file(files, Classifier.TOKENIZER),
                Classifier.file(files, Classifier.BASE));
        PretrainedModel tuned;
        List<Tensor> head;
        try {
            tuned = weights.applyTo(base);
            head = weights.headTensors(base.config().hidden());
        } catch (IllegalArgumentException e) {
            throw new IOException(Classifier.file(files, Classifier.WEIGHTS) + ": " + e.getMessage(), e);
        }
        if (weights.head().last() == Head.Last.BERT) {
            write(folder.resolve(MODEL), BertTensors.of(tuned, head), Map.of("format", "pt"));
            Files.deleteIfExists(folder.resolve(HEAD));
        } else {
            write(folder.resolve(MODEL), List.copyOf(tuned.tensors().values()), Map.of("format", "pt"));
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(folder.resolve(HEAD)))) {
                new PretrainedHead(weights.head(), weights.labels(), head).writeTo(out);
            }
        }
        Files.write(
                folder.resolve("config.json"),
                config(Files.readAllBytes(Classifier.file(files, Classifier.CONFIG)), weights));
        Files.write(folder.resolve("tokenizer.json"), unpadded(base.tokenizerJson()));
        Files.write(folder.resolve("tokenizer_config.json"), tokenizerConfig(weights.maxTokens()));
        Files.writeString(folder.resolve("labels.json"), JSON.writeValueAsString(weights.labels()));
        Files.writeString(folder.resolve("README.md"), ModelCard.of(title, weights, base, facts));
    }

    private static void write(Path file, List<Tensor> tensors, Map<String, String> metadata) throws IOException {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
            Safetensors.write(out, tensors, metadata);
        }
    }

    /** Padding and truncation belong to whoever batches; a fixed length in the file would be forced on everyone. */
    private static byte[] unpadded(String tokenizerJson) throws IOException {
        JsonNode tokenizer = JSON.readTree(tokenizerJson);
        if (tokenizer instanceof ObjectNode object) {
            object.putNull("padding");
            object.putNull("truncation");
        }
        return JSON.writeValueAsBytes(tokenizer);
    }

    /** The base's, and the labels where transformers look for them. */
    private static byte[] config(byte[] base, ClassifierWeights weights) throws IOException {
        if (!(JSON.readTree(base) instanceof ObjectNode config)) {
            throw new IOException("config.json is no JSON object");
        }
        if (weights.head().last() == Head.Last.BERT) {
            config.putArray("architectures").add("BertForSequenceClassification");
            config.put("problem_type", "single_label_classification");
        }
        ObjectNode names = config.putObject("id2label");
        ObjectNode numbers = config.putObject("label2id");
        for (int row = 0; row < weights.labels().size(); row++) {
            names.put(Integer.toString(row), weights.labels().get(row));
            numbers.put(weights.labels().get(row), row);
        }
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(config);
    }

    private static byte[] tokenizerConfig(int maxTokens) throws IOException {
        ObjectNode config = JSON.createObjectNode()
                .put("tokenizer_class", "PreTrainedTokenizerFast")
                .put("model_max_length", maxTokens)
                .put("unk_token", "[UNK]")
                .put("sep_token", "[SEP]")
                .put("pad_token", "[PAD]")
                .put("cls_token", "[CLS]")
                .put("mask_token", "[MASK]");
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(config).getBytes(StandardCharsets.UTF_8);
    }
}
