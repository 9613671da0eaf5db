package dev.millrace.model;

import dev.millrace.model.EncoderConfig.Pooling;
import java.util.Map;

/** The model card of a version, as Hugging Face has them: front matter, what is known of it, and how to use it. */
final class ModelCard {

    private static final String MEAN = """
            mask = tokens["attention_mask"].unsqueeze(-1)
            embedding = torch.nn.functional.normalize((hidden * mask).sum(1), dim=-1)""";

    private static final String FIRST_TOKEN = "embedding = torch.nn.functional.normalize(hidden[:, 0], dim=-1)";

    private static final String BERT = """
            `model.safetensors`, `config.json` and `tokenizer.json` are a `BertForSequenceClassification` of Hugging Face
            transformers, labels and all:

            ```python
            classify = transformers.pipeline("text-classification", "this folder")
            ```
            """;

    private static final String VOTERS = """

            Where a version has voters (nearest neighbours and a linear classifier on the published base), Millrace pools
            their answers with this one; they are not part of this folder.
            """;

    private ModelCard() {}

    static String of(String title, ClassifierWeights weights, PretrainedModel base, Map<String, String> facts) {
        boolean bert = weights.head().last() == Head.Last.BERT;
        StringBuilder table = new StringBuilder();
        facts.forEach((name, fact) -> table.append("| ")
                .append(cell(name))
                .append(" | ")
                .append(cell(fact))
                .append(" |\n"));
        return """
                ---
                library_name: transformers
                pipeline_tag: text-classification
                tags: [bert, millrace]
                ---
                # %s

                A text classifier of %d labels, fine-tuned as a stream by Millrace.

                %s%s%s""".formatted(
                                title,
                                weights.labels().size(),
                                table.isEmpty() ? "" : "| | |\n|---|---|\n" + table + "\n",
                                behind(base.config().prefix()),
                                bert ? BERT : ownHead(weights.head(), base.config()))
                + VOTERS;
    }

    /** What others wrote, such as the reason of a version, must not become markup. */
    private static String cell(String text) {
        return text.replaceAll("[\\p{Cntrl}]", " ")
                .replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace("|", "\\|");
    }

    private static String ownHead(Head head, EncoderConfig config) {
        boolean mean = config.pooling() == Pooling.MEAN;
        return """
                - `model.safetensors`, `config.json`, `tokenizer.json`: the encoder, as `BertModel` in Hugging Face
                  transformers (`AutoModel.from_pretrained`, without a pooling layer).
                - `head.safetensors`, a %s head: `head.weight`, one row for each label, in the order of `labels.json`%s.

                The embedding of a text is %s%s

                ```python
                hidden = model(**tokens).last_hidden_state
                %s
                %s
                ```
                """.formatted(
                HeadMetadata.name(head.last()),
                head.names().size() == 1
                        ? ""
                        : "; and "
                                + String.join(
                                        ", ",
                                        head.names().subList(1, head.names().size())),
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
