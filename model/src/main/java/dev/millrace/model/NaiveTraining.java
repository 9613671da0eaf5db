package dev.millrace.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.millrace.model.StepSettings.Rates;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What fine-tuning is compared with: the same network as it is usually written in Python, in float32, each text padded to
 * the longest of its mini-batch, with fused attention, autograd, and AdamW as PyTorch runs it unless told otherwise. It
 * runs in the same libtorch, without Python's own time. All layers and a cosine head are trained. Not thread-safe.
 */
public final class NaiveTraining implements AutoCloseable {

    private static final double SCALE = 16;
    private static final double CLIP = 1;

    private final NDManager manager;
    private final TorchProgram program;
    private final EncoderConfig config;
    private final NDList embeddings;
    private final NDList values;
    private final NDList firstMoments;
    private final NDList secondMoments;
    private final NDList averages;
    private final double labelSmoothing;
    private final double weightDecay;
    private final double averageDecay;
    private long steps;

    /**
     * Loads the network.
     *
     * @param base the pretrained encoder; mean pooling
     * @param compute where and with how many threads; its precision is not looked at
     * @param rows of the head, {@code [labels, hidden]}, float32
     * @param labelSmoothing share of the target that is spread over all labels
     * @param weightDecay of AdamW
     * @param averageDecay the most of the average, which warms up as (1 + t) / (10 + t)
     */
    public NaiveTraining(
            PretrainedModel base,
            Compute compute,
            Tensor rows,
            double labelSmoothing,
            double weightDecay,
            double averageDecay) {
        this.manager = NDManager.newBaseManager(compute.djl(), "PyTorch");
        this.program = TorchProgram.resource(manager, "naive.torchscript", compute);
        this.config = base.config();
        this.labelSmoothing = labelSmoothing;
        this.weightDecay = weightDecay;
        this.averageDecay = averageDecay;
        this.embeddings = load("e", base.embeddings());
        List<Tensor> trained = new ArrayList<>(base.layers(0, config.layers()));
        trained.add(rows);
        this.values = load("p", trained);
        this.firstMoments = like("m", values, false);
        this.secondMoments = like("v", values, false);
        this.averages = like("a", values, true);
    }

    private NDList load(String name, List<Tensor> tensors) {
        NDList arrays = new NDList();
        tensors.forEach(tensor -> arrays.add(NativeArray.of(manager, tensor)));
        arrays.forEach(array -> array.setName(name + "[]"));
        return arrays;
    }

    private static NDList like(String name, NDList values, boolean copied) {
        NDList arrays = new NDList();
        for (NDArray value : values) {
            NDArray array = copied ? value.duplicate() : value.zerosLike();
            array.setName(name + "[]");
            arrays.add(array);
        }
        return arrays;
    }

    /**
     * What a text is answered.
     *
     * @param embedding of length 1
     * @param logits one a label
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Answer(float[] embedding, float[] logits) {}

    /**
     * Answers texts with the averaged weights.
     *
     * @param texts at least one
     * @return for each its answer, in order
     */
    public List<Answer> answer(List<TokenIds> texts) {
        try (NDManager scope = manager.newSubManager()) {
            averages.forEach(array -> array.setName("p[]"));
            NDList arguments = new NDList(scalars(scope, Rates.uniform(config.layers(), 0, 0)))
                    .addAll(embeddings)
                    .addAll(averages)
                    .addAll(padded(scope, texts));
            NDList found = program.call("predict", arguments);
            List<Answer> answers = new ArrayList<>();
            for (int row = 0; row < texts.size(); row++) {
                answers.add(new Answer(
                        found.get(0).get(row).toFloatArray(),
                        found.get(1).get(row).toFloatArray()));
            }
            return answers;
        } finally {
            averages.forEach(array -> array.setName("a[]"));
        }
    }

    /**
     * Sets the row of a label, for training and answering, as it is when its first examples are seen.
     *
     * @param label its index
     * @param row as long as an embedding
     */
    public void imprint(int label, float[] row) {
        try (NDManager scope = manager.newSubManager()) {
            NDArray known = scope.create(row);
            values.get(values.size() - 1).set(new NDIndex(label), known);
            averages.get(averages.size() - 1).set(new NDIndex(label), known);
        }
    }

    /**
     * Takes one step.
     *
     * @param texts at least one
     * @param labels the index of each text's label
     * @param rates of each layer and the head
     * @return the mean loss before it, in nats
     */
    public float step(List<TokenIds> texts, long[] labels, Rates rates) {
        steps++;
        try (NDManager scope = manager.newSubManager()) {
            NDArray targets = scope.create(labels);
            targets.setName("y");
            NDList arguments = new NDList(scalars(scope, rates))
                    .addAll(embeddings)
                    .addAll(values)
                    .addAll(firstMoments)
                    .addAll(secondMoments)
                    .addAll(averages)
                    .addAll(padded(scope, texts));
            arguments.add(targets);
            return program.call("step", arguments).singletonOrThrow().getFloat();
        }
    }

    private NDArray scalars(NDManager scope, Rates rates) {
        List<Double> all = new ArrayList<>(List.of(
                (double) config.heads(),
                config.layerNormEpsilon(),
                SCALE,
                CLIP,
                weightDecay,
                Math.min(averageDecay, (1.0 + steps) / (10.0 + steps)),
                labelSmoothing,
                (double) steps));
        rates.layers().forEach(rate -> all.addAll(Collections.nCopies(EncoderLayout.TENSORS_PER_LAYER, rate)));
        all.add(rates.head());
        float[] values = new float[all.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = all.get(i).floatValue();
        }
        return scope.create(values);
    }

    private static NDList padded(NDManager scope, List<TokenIds> texts) {
        int width = texts.stream().mapToInt(TokenIds::length).max().orElseThrow();
        long[] ids = new long[texts.size() * width];
        long[] counts = new long[texts.size()];
        for (int row = 0; row < counts.length; row++) {
            TokenIds text = texts.get(row);
            counts[row] = text.length();
            for (int i = 0; i < text.length(); i++) {
                ids[row * width + i] = text.get(i);
            }
        }
        NDArray tokens = scope.create(ids, new Shape(counts.length, width));
        tokens.setName("ids");
        NDArray lengths = scope.create(counts);
        lengths.setName("counts");
        return new NDList(tokens, lengths);
    }

    @Override
    public void close() {
        program.close();
        manager.close();
    }
}
