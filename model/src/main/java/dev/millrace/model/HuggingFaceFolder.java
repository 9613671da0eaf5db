package dev.millrace.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.model.EncoderConfig.Pooling;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A version as a folder that Hugging Face transformers opens: {@code AutoModel} and {@code AutoTokenizer} read the
 * fine-tuned encoder, and a README beside it says how to use the head, for which transformers has no class.
 */
public final class HuggingFaceFolder {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final String MEAN = """
            mask = tokens["attention_mask"].unsqueeze(-1)
            embedding = torch.nn.functional.normalize((hidden * mask).sum(1), dim=-1)""";

    private static final String FIRST_TOKEN = "embedding = torch.nn.functional.normalize(hidden[:, 0], dim=-1)";

    private HuggingFaceFolder() {}

    /**
     * Writes the folder.
     *
     * @param folder exists; files of the same names are replaced
     * @param files of the version by role, at least {@link Classifier#ROLES}
     * @param title first line of the README, such as the model's name and version
     * @throws IOException when a file cannot be read or written
     */
    public static void write(Path folder, Map<String, Path> files, String title) throws IOException {
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
        write(folder.resolve("model.safetensors"), List.copyOf(tuned.tensors().values()), Map.of("format", "pt"));
        Map<String, String> metadata = new HashMap<>(HeadMetadata.of(weights.head()));
        metadata.put("format", "pt");
        metadata.put("labels", JSON.writeValueAsString(weights.labels()));
        write(folder.resolve("head.safetensors"), head, metadata);
        Files.copy(
                Classifier.file(files, Classifier.CONFIG),
                folder.resolve("config.json"),
                StandardCopyOption.REPLACE_EXISTING);
        Files.write(folder.resolve("tokenizer.json"), unpadded(base.tokenizerJson()));
        Files.write(folder.resolve("tokenizer_config.json"), tokenizerConfig(weights.maxTokens()));
        Files.writeString(folder.resolve("labels.json"), JSON.writeValueAsString(weights.labels()));
        Files.writeString(folder.resolve("README.md"), readme(title, weights, base.config()));
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

    private static String readme(String title, ClassifierWeights weights, EncoderConfig config) {
        Head head = weights.head();
        boolean mean = config.pooling() == Pooling.MEAN;
        return """
                # %s

                A text classifier of %d labels: a fine-tuned BERT encoder and a %s head.

                - `model.safetensors`, `config.json`, `tokenizer.json`: the encoder, as `BertModel` in Hugging Face
                  transformers (`AutoModel.from_pretrained`, without a pooling layer).
                - `head.safetensors`: `head.weight`, one row for each label, in the order of `labels.json`%s.

                %sThe embedding of a text is %s%s
                Where a version has voters (nearest neighbours and a linear classifier on the published base), Millrace
                pools their answers with this one; they are not part of this folder.

                ```python
                hidden = model(**tokens).last_hidden_state
                %s
                %s
                ```
                """.formatted(
                title,
                weights.labels().size(),
                HeadMetadata.name(head.last()),
                head.names().size() == 1
                        ? ""
                        : "; and "
                                + String.join(
                                        ", ",
                                        head.names().subList(1, head.names().size())),
                behind(config.prefix()),
                mean
                        ? "the mean of the last hidden state over its tokens, padding left out"
                        : "the last hidden state of its first token, at length 1",
                meaning(head),
                mean ? MEAN : FIRST_TOKEN,
                String.join("\n", HeadInPython.of(head)));
    }

    private static String behind(String prefix) {
        return prefix.isEmpty() ? "" : """
                Every text was learned behind a prefix, which `config.json` states as `prefix` and transformers do not add:
                give the tokenizer `%s` and the text, `"%s" + text`.

                """.formatted(prefix.strip(), prefix);
    }

    private static String meaning(Head head) {
        return head.last() == Head.Last.COSINE
                ? """
                . The logit
                of a label is %s times the cosine between the %s and the label's row; softmax gives confidences.""".formatted(head.scale(), head.hiddenLayers().isEmpty() ? "embedding" : "features")
                : """
                . The logit
                of a label is the product of the features and the label's row, plus its bias; softmax gives confidences.""";
    }
}
