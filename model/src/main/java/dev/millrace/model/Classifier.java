package dev.millrace.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A version of a model, loaded and ready to answer.
 *
 * <pre>{@code
 * try (Classifier classifier = Classifier.load(files, Compute.fastest())) {
 *     Prediction prediction = classifier.classify(List.of("my card has not arrived")).get(0);
 * }
 * }</pre>
 *
 * <p>Safe for use by several threads. Native memory is held until {@link #close}, which waits for nobody: close it once
 * the last answer has come back. A call after that fails.
 */
public final class Classifier implements AutoCloseable {

    /** The role of the file with every tensor of the pretrained encoder. */
    public static final String BASE = "base";

    /** The role of the file with the encoder's dimensions. */
    public static final String CONFIG = "config.json";

    /** The role of the file with the tokenizer. */
    public static final String TOKENIZER = "tokenizer.json";

    /** The role of the file with {@link ClassifierWeights}. */
    public static final String WEIGHTS = "weights";

    /** The role of the file with {@link Voters}. */
    public static final String VOTERS = "voters";

    /** The roles that {@link #load} needs. */
    public static final Set<String> ROLES = Set.of(BASE, CONFIG, TOKENIZER, WEIGHTS);

    /** The roles that {@link #load} takes where a version has them. */
    public static final Set<String> OPTIONAL_ROLES = Set.of(VOTERS);

    private static final Voters ALONE =
            new Voters(new OpinionPool(List.of(1.0)), Optional.empty(), Optional.empty(), Optional.empty());

    private static final int TEXTS_AT_ONCE = 64;

    private final Network network;
    private final Tokenizer tokenizer;
    private final NDList encoder;
    private final Head shape;
    private final NDList head;
    private final List<String> labels;
    private final Panel panel;

    private Classifier(
            Network network,
            Tokenizer tokenizer,
            PretrainedModel published,
            PretrainedModel tuned,
            List<Tensor> head,
            ClassifierWeights weights,
            Voters voters) {
        this.network = network;
        this.tokenizer = tokenizer;
        this.encoder = network.prepare(tuned.layers(0, tuned.config().layers()));
        this.shape = weights.head();
        this.head = network.load(head);
        this.labels = weights.labels();
        this.panel = new Panel(network, published, voters);
    }

    /**
     * Loads a version.
     *
     * @param files by role, at least {@link #ROLES}, and {@link #OPTIONAL_ROLES} where the version has them
     * @param compute where and how to compute it
     * @return the classifier; the caller closes it
     * @throws IOException when a file cannot be read or is not what its role says
     * @throws IllegalArgumentException when a role is missing
     */
    public static Classifier load(Map<String, Path> files, Compute compute) throws IOException {
        Path weightsFile = file(files, WEIGHTS);
        PretrainedModel base =
                PretrainedModel.read(BASE, file(files, CONFIG), file(files, TOKENIZER), file(files, BASE));
        ClassifierWeights weights = ClassifierWeights.read(weightsFile);
        PretrainedModel tuned;
        List<Tensor> head;
        try {
            tuned = weights.applyTo(base);
            head = weights.headTensors(base.config().hidden());
        } catch (IllegalArgumentException e) {
            throw new IOException(weightsFile + ": " + e.getMessage(), e);
        }
        Voters voters = files.containsKey(VOTERS) ? Voters.read(file(files, VOTERS)) : ALONE;
        return load(base, tuned, head, weights, voters, tokenizer(tuned, weights.maxTokens()), compute);
    }

    private static Tokenizer tokenizer(PretrainedModel model, int maxTokens) throws IOException {
        try {
            return model.tokenizer(maxTokens);
        } catch (IllegalArgumentException e) {
            throw new IOException("The version's tokenizer cannot be opened: " + e.getMessage(), e);
        }
    }

    private static Classifier load(
            PretrainedModel published,
            PretrainedModel tuned,
            List<Tensor> head,
            ClassifierWeights weights,
            Voters voters,
            Tokenizer tokenizer,
            Compute compute) {
        try {
            Network network = Network.load(tuned, compute, 0);
            try {
                return new Classifier(network, tokenizer, published, tuned, head, weights, voters);
            } catch (RuntimeException e) {
                network.close();
                throw e;
            }
        } catch (RuntimeException e) {
            tokenizer.close();
            throw e;
        }
    }

    static Path file(Map<String, Path> files, String role) {
        Path path = files.get(role);
        if (path == null) {
            throw new IllegalArgumentException("there is no file with the role " + role + " among " + files.keySet());
        }
        return path;
    }

    /** {@return the labels it can answer, in the order of the head's rows} */
    public List<String> labels() {
        return labels;
    }

    /**
     * Answers texts.
     *
     * @param texts any number of them; more than 64 are computed in parts
     * @return one prediction for each, in their order
     */
    public List<Prediction> classify(List<String> texts) {
        return classifyTokens(texts.stream().map(tokenizer::encode).toList());
    }

    /**
     * Answers texts that are tokenized already.
     *
     * @param texts the tokens of any number of them, by the tokenizer of the version's base; more than 64 are computed in
     *     parts
     * @return one prediction for each, in their order
     */
    public List<Prediction> classifyTokens(List<TokenIds> texts) {
        List<Prediction> predictions = new ArrayList<>(texts.size());
        for (int from = 0; from < texts.size(); from += TEXTS_AT_ONCE) {
            predictions.addAll(classifyAtOnce(texts.subList(from, Math.min(texts.size(), from + TEXTS_AT_ONCE))));
        }
        return predictions;
    }

    private List<Prediction> classifyAtOnce(List<TokenIds> texts) {
        TokenBatch batch = TokenBatch.of(texts);
        try (NDManager scope = network.manager().newSubManager()) {
            NDArray logits = network.predict(scope, encoder, shape, head, batch).logits();
            List<double[]> confidences = panel.answer(scope, batch, logits);
            Prediction[] inOrder = new Prediction[texts.size()];
            for (int row = 0; row < inOrder.length; row++) {
                inOrder[batch.order().get(row)] = prediction(confidences.get(row));
            }
            return List.of(inOrder);
        }
    }

    private Prediction prediction(double[] confidences) {
        List<Prediction.Score> scores = new ArrayList<>(labels.size());
        for (int i = 0; i < labels.size(); i++) {
            scores.add(new Prediction.Score(labels.get(i), confidences[i]));
        }
        scores.sort(Comparator.comparingDouble(Prediction.Score::confidence).reversed());
        return new Prediction(scores);
    }

    @Override
    public void close() {
        panel.close();
        network.close();
        tokenizer.close();
    }
}
