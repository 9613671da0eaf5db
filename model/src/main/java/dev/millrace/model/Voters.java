package dev.millrace.model;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.model.Tensor.ElementType;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Who answers beside the fine-tuned classifier, and how much each answer weighs, as it is kept in a safetensors file.
 * Voters look at the embeddings of the base as it was published.
 *
 * @param pool the weights: first of the fine-tuned classifier, then of the linear voter and of the neighbours, as far as
 *     they are there
 * @param linear rows of a linear classifier, {@code [labels, hidden + 1]}, the last column its biases; labels that it does
 *     not know have biases of {@link #UNKNOWN}
 * @param embeddings of the neighbours, {@code [neighbours, hidden]}, bfloat16
 * @param neighbourLabels the indices of their labels
 */
public record Voters(
        OpinionPool pool, Optional<Tensor> linear, Optional<Tensor> embeddings, Optional<Tensor> neighbourLabels) {

    /** The name of {@link #linear}. */
    public static final String LINEAR = "linear";

    /** The name of {@link #embeddings}. */
    public static final String EMBEDDINGS = "neighbours/embeddings";

    /** The name of {@link #neighbourLabels}. */
    public static final String LABELS = "neighbours/labels";

    /** The bias of a label that a linear voter does not know: no embedding makes up for it. */
    public static final float UNKNOWN = -1e9f;

    private static final String WEIGHTS = "weights";
    private static final ObjectMapper JSON = new ObjectMapper();

    public Voters {
        int opinions = 1 + (linear.isPresent() ? 1 : 0) + (embeddings.isPresent() ? 1 : 0);
        if (pool.weights().size() != opinions || embeddings.isPresent() != neighbourLabels.isPresent()) {
            throw new IllegalArgumentException("there are " + opinions + " opinions, but weights " + pool.weights());
        }
    }

    /** {@return whether anybody needs the embeddings of the base} */
    public boolean needBase() {
        return linear.isPresent() || embeddings.isPresent();
    }

    /**
     * Writes the file. The same voters give the same bytes.
     *
     * @param out where to; not closed
     * @throws IOException when {@code out} fails
     */
    public void writeTo(OutputStream out) throws IOException {
        List<Tensor> tensors = new ArrayList<>();
        linear.ifPresent(tensors::add);
        embeddings.ifPresent(tensors::add);
        neighbourLabels.ifPresent(tensors::add);
        Safetensors.write(out, tensors, Map.of(WEIGHTS, JSON.writeValueAsString(pool.weights())));
    }

    /**
     * Reads the file.
     *
     * @param file written by {@link #writeTo}
     * @return what it holds
     * @throws IOException when it cannot be read, or is another kind of file
     */
    public static Voters read(Path file) throws IOException {
        SafetensorsFile content = Safetensors.read(file);
        try {
            List<Double> weights =
                    JSON.readValue(content.metadata().getOrDefault(WEIGHTS, ""), new TypeReference<List<Double>>() {});
            return new Voters(
                    new OpinionPool(weights),
                    tensor(content, LINEAR, ElementType.F32),
                    tensor(content, EMBEDDINGS, ElementType.BF16),
                    tensor(content, LABELS, ElementType.I32));
        } catch (JsonProcessingException | IllegalArgumentException e) {
            throw new IOException(file + ": this does not describe voters: " + e.getMessage(), e);
        }
    }

    private static Optional<Tensor> tensor(SafetensorsFile content, String name, ElementType type) {
        Optional<Tensor> found = content.tensors().stream()
                .filter(tensor -> tensor.name().equals(name))
                .findFirst();
        found.filter(tensor -> tensor.type() != type).ifPresent(tensor -> {
            throw new IllegalArgumentException(tensor + " must be " + type);
        });
        return found;
    }

    /**
     * What a linear voter says of one text.
     *
     * @param rows {@code [labels, hidden + 1]}, as {@link #linear}
     * @param embeddings of texts
     * @param from where that of the text begins
     * @return the natural logarithm of the probability of each label
     */
    public static double[] logProbabilities(float[][] rows, float[] embeddings, int from) {
        double[] scores = new double[rows.length];
        for (int label = 0; label < rows.length; label++) {
            float[] row = rows[label];
            double score = row[row.length - 1];
            for (int i = 0; i < row.length - 1; i++) {
                score += (double) row[i] * embeddings[from + i];
            }
            scores[label] = score;
        }
        double[] probabilities = OpinionPool.softmax(scores);
        for (int label = 0; label < scores.length; label++) {
            scores[label] = Math.log(probabilities[label]);
        }
        return scores;
    }

    /**
     * What a linear voter says of several texts.
     *
     * @param rows {@code [labels, hidden + 1]}, as {@link #linear}; at least one
     * @param embeddings of the texts, one behind the other
     * @return for each text the natural logarithm of the probability of each label
     */
    public static double[][] logProbabilities(float[][] rows, float[] embeddings) {
        int hidden = rows[0].length - 1;
        double[][] answers = new double[embeddings.length / hidden][];
        for (int text = 0; text < answers.length; text++) {
            answers[text] = logProbabilities(rows, embeddings, text * hidden);
        }
        return answers;
    }

    /**
     * What everybody says, text by text, ready to be pooled.
     *
     * @param logits of the fine-tuned classifier, {@code [texts, labels]}
     * @param voters what each of the others says: for each text the natural logarithm of the probability of each label
     * @return for each text what the fine-tuned classifier says, and then the others in their order
     */
    public static List<List<double[]>> opinions(NDArray logits, List<double[][]> voters) {
        int labels = Math.toIntExact(logits.getShape().get(1));
        float[] tuned = logits.logSoftmax(1).toFloatArray();
        List<List<double[]>> opinions = new ArrayList<>();
        for (int text = 0; text < tuned.length / labels; text++) {
            double[] said = new double[labels];
            for (int label = 0; label < labels; label++) {
                said[label] = tuned[text * labels + label];
            }
            List<double[]> all = new ArrayList<>(List.of(said));
            for (double[][] voter : voters) {
                all.add(voter[text]);
            }
            opinions.add(all);
        }
        return opinions;
    }

    /**
     * The rows of a linear voter's tensor.
     *
     * @param linear {@code [labels, hidden + 1]}
     * @return a row a label
     */
    public static float[][] rows(Tensor linear) {
        int labels = Math.toIntExact(linear.shape().get(0));
        int columns = Math.toIntExact(linear.shape().get(1));
        float[][] rows = new float[labels][columns];
        ByteBuffer values = linear.data();
        for (float[] row : rows) {
            for (int i = 0; i < columns; i++) {
                row[i] = values.getFloat();
            }
        }
        return rows;
    }
}
