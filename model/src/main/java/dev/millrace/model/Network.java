package dev.millrace.model;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A pretrained encoder in native memory, ready to be computed and trained: the program, the embeddings and the layers
 * that stay frozen. The trainable layers and the head belong to whoever calls, and are handed in each time.
 *
 * <p>Inference may run on several threads at once, training on one. Each call gets a sub-manager of {@link #manager()} that
 * the caller closes.
 */
public final class Network implements AutoCloseable {

    private final NDManager manager;
    private final TorchProgram program;
    private final EncoderConfig config;
    private final Compute compute;
    private final int frozenLayers;
    private final NDList frozen;
    private final PretrainedModel base;

    /** The layers above the frozen ones, once somebody has asked for them. */
    private final NDList published = new NDList();

    private Network(NDManager manager, PretrainedModel base, Compute compute, int frozenLayers) {
        this.manager = manager;
        this.config = base.config();
        this.compute = compute;
        this.base = base;
        this.frozenLayers = frozenLayers;
        this.program = TorchProgram.network(manager, compute.threads());
        this.frozen = named("e", load(base.embeddings()));
        this.frozen.addAll(listOrDummy("f", base.layers(0, frozenLayers)));
    }

    /**
     * Loads an encoder.
     *
     * @param base where its tensors come from
     * @param compute where and how it is computed
     * @param frozenLayers how many of its layers, from the lowest, never change: 0 to all but one
     * @return it; the caller closes it
     */
    public static Network load(PretrainedModel base, Compute compute, int frozenLayers) {
        int layers = base.config().layers();
        if (frozenLayers < 0 || frozenLayers >= layers) {
            throw new IllegalArgumentException(
                    "frozenLayers must be 0 to " + (layers - 1) + ", but is " + frozenLayers);
        }
        NDManager manager = NDManager.newBaseManager(compute.djl(), "PyTorch");
        try {
            return new Network(manager, base, compute, frozenLayers);
        } catch (RuntimeException e) {
            manager.close();
            throw e;
        }
    }

    /** {@return the dimensions of the encoder} */
    public EncoderConfig config() {
        return config;
    }

    /** {@return where and how it is computed} */
    public Compute compute() {
        return compute;
    }

    /** {@return engine, device, precision, threads and processor, as they go into the lineage of a version} */
    public Map<String, String> runtime() {
        return Map.of(
                "engine", "PyTorch " + Engine.getEngine("PyTorch").getVersion(),
                "device", compute.device().name().toLowerCase(Locale.ROOT),
                "precision", compute.precision().name().toLowerCase(Locale.ROOT),
                "threads", Integer.toString(compute.threads() > 0 ? compute.threads() : JniUtils.getNumThreads()),
                "processor", Processor.ofThisMachine().description());
    }

    /** {@return the names of the tensors above the frozen layers, in the order the program takes them} */
    public List<String> trainableNames() {
        return EncoderLayout.layers(frozenLayers, config.layers());
    }

    /** {@return the manager of everything this network owns} */
    public NDManager manager() {
        return manager;
    }

    /**
     * A tensor in native memory, on the network's device.
     *
     * @param owner of the array
     * @param tensor float32
     * @return a copy
     */
    public static NDArray array(NDManager owner, Tensor tensor) {
        ByteBuffer direct = ByteBuffer.allocateDirect(tensor.data().remaining()).order(ByteOrder.nativeOrder());
        direct.put(tensor.data()).flip();
        Shape shape = new Shape(tensor.shape());
        try (NDArray shared = owner.create(direct, shape, dataType(tensor))) {
            return shared.duplicate();
        }
    }

    private static DataType dataType(Tensor tensor) {
        return switch (tensor.type()) {
            case F32 -> DataType.FLOAT32;
            case F64 -> DataType.FLOAT64;
            case I32 -> DataType.INT32;
            case I64 -> DataType.INT64;
            case BF16 ->
                throw new IllegalArgumentException(
                        tensor.name() + " is bfloat16; the engine takes float32 at its door");
        };
    }

    /**
     * Embeds texts: the mean of the last layer over the tokens of each, scaled to length 1.
     *
     * @param scope owns what is made on the way and the result
     * @param encoder the tensors of the layers above the frozen ones, in the order of {@link #trainableNames}
     * @param batch the texts
     * @return {@code [texts, hidden]}, float32, rows in the order of the batch
     */
    public NDArray embed(NDManager scope, NDList encoder, TokenBatch batch) {
        return program.call("embed", inference(scope, encoder, 0).addAll(batch.arguments(scope)))
                .singletonOrThrow();
    }

    /**
     * Embeds texts as the base does that was published, whatever has been learned since.
     *
     * @param scope owns what is made on the way and the result
     * @param batch the texts
     * @return as {@link #embed}
     */
    public NDArray embedPublished(NDManager scope, TokenBatch batch) {
        return embed(scope, published(), batch);
    }

    private synchronized NDList published() {
        if (published.isEmpty()) {
            published.addAll(load(base.layers(frozenLayers, config.layers())));
        }
        return published;
    }

    /**
     * Embeds texts, and compares them with the rows of a cosine head.
     *
     * @param scope owns what is made on the way and the result
     * @param encoder the tensors of the layers above the frozen ones, in the order of {@link #trainableNames}
     * @param head {@code [labels, hidden]}
     * @param scale what the cosine is multiplied with
     * @param batch the texts
     * @return {@code [texts, hidden]} embeddings and {@code [texts, labels]} logits, float32, rows in the order of the
     *     batch
     */
    public NDList predict(NDManager scope, NDList encoder, NDArray head, double scale, TokenBatch batch) {
        NDList arguments = inference(scope, encoder, scale)
                .addAll(named("h", new NDList(head)))
                .addAll(batch.arguments(scope));
        return program.call("predict", arguments);
    }

    /** What the optimizer does in one step, rates and all. */
    public record StepSettings(
            double headScale,
            double labelSmoothing,
            double gradientClip,
            double encoderLearningRate,
            double headLearningRate,
            double weightDecay,
            double averageDecay) {}

    /** What a step found: mean loss in nats, the gradient's norm before clipping, and the logits before the update. */
    public record StepResult(float loss, float gradientNorm, NDArray logits) {}

    /**
     * Learns one mini-batch: forward pass, loss, gradient, clipping, AdamW and averaging, in one call of the program.
     *
     * @param scope owns what is made on the way and the result
     * @param encoder the layers above the frozen ones; changed in place
     * @param head {@code [labels, hidden]}; changed in place
     * @param settings of the optimizer
     * @param batch the texts
     * @param labels the index of each text's label, in the order of the batch
     * @param weights how much each text counts, in the order of the batch
     * @return loss, norm and {@code [texts, labels]} logits
     */
    public StepResult step(
            NDManager scope,
            ParameterGroup encoder,
            ParameterGroup head,
            StepSettings settings,
            TokenBatch batch,
            long[] labels,
            float[] weights) {
        if (labels.length != batch.size() || weights.length != batch.size()) {
            throw new IllegalArgumentException("a batch of " + batch.size()
                    + " texts needs a label and a weight for each, but has " + labels.length + " and "
                    + weights.length);
        }
        NDList arguments = new NDList(scope.create(new float[] {
            config.heads(),
            half(),
            (float) config.layerNormEpsilon(),
            (float) settings.headScale,
            (float) settings.labelSmoothing,
            (float) settings.gradientClip,
            (float) settings.encoderLearningRate,
            (float) settings.headLearningRate,
            (float) settings.weightDecay,
            (float) settings.averageDecay
        }));
        NDArray y = scope.create(labels);
        y.setName("y");
        NDArray q = scope.create(weights);
        q.setName("q");
        arguments
                .addAll(frozen)
                .addAll(encoder.arguments(""))
                .addAll(head.arguments("h"))
                .addAll(batch.arguments(scope))
                .addAll(new NDList(y, q));
        NDList result = program.call("step", arguments);
        float[] figures = result.get(0).toFloatArray();
        return new StepResult(figures[0], figures[1], result.get(1));
    }

    private NDList inference(NDManager scope, NDList encoder, double scale) {
        float epsilon = (float) config.layerNormEpsilon();
        return new NDList(scope.create(new float[] {config.heads(), half(), epsilon, (float) scale}))
                .addAll(frozen)
                .addAll(named("w", encoder));
    }

    private static NDList named(String list, NDList arrays) {
        arrays.forEach(array -> array.setName(list + "[]"));
        return arrays;
    }

    private float half() {
        return compute.precision() == Compute.Precision.BFLOAT16 ? 1 : 0;
    }

    /** Copies tensors into native memory, owned by this network. */
    NDList load(List<Tensor> tensors) {
        NDList arrays = new NDList();
        tensors.forEach(tensor -> arrays.add(array(manager, tensor)));
        return arrays;
    }

    /** A list without elements would be a missing argument; the program counts whole layers, so a scalar is none. */
    private NDList listOrDummy(String name, List<Tensor> tensors) {
        if (!tensors.isEmpty()) {
            return named(name, load(tensors));
        }
        NDArray dummy = manager.create(0f);
        dummy.setName(name + "[]");
        return new NDList(dummy);
    }

    @Override
    public void close() {
        program.close();
        manager.close();
    }
}
