package dev.millrace.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A pretrained encoder in native memory, ready to be computed and trained: the program, the embeddings and the layers
 * that stay frozen. What is trained, layers or adapters and the head, belongs to whoever calls, and is handed in each
 * time.
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
    private final Adapters adapters;
    private final Scalars scalars;
    private final NativeWeights weights;
    private final boolean isFirst;
    private final FrozenLayers lowest;
    private final NDList none;
    private final PretrainedModel base;

    private final NDList gradients = new NDList();

    private Network(
            NDManager manager,
            PretrainedModel base,
            Compute compute,
            int frozenLayers,
            Adapters adapters,
            Optional<Network> first) {
        this.manager = manager;
        this.config = base.config();
        this.compute = compute;
        this.base = base;
        this.frozenLayers = frozenLayers;
        this.adapters = adapters;
        this.isFirst = first.isEmpty();
        this.program = first.map(network -> network.program).orElseGet(() -> TorchProgram.network(manager, compute));
        this.scalars = new Scalars(config, compute, adapters);
        this.weights = new NativeWeights(manager, program, scalars);
        this.lowest = first.map(network -> network.lowest)
                .orElseGet(() -> new FrozenLayers(weights, base, compute.frozenCacheBytes()));
        this.none = new NDList(manager.create(0f));
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
        return load(base, compute, frozenLayers, Adapters.NONE);
    }

    /**
     * Loads an encoder of which adapters are trained, or whole layers.
     *
     * @param base where its tensors come from
     * @param compute where and how it is computed
     * @param frozenLayers how many of its layers, from the lowest, never change: 0 to all but one
     * @param adapters beside the matrices of the layers above the frozen ones
     * @return it; the caller closes it
     */
    public static Network load(PretrainedModel base, Compute compute, int frozenLayers, Adapters adapters) {
        TorchThreads.take(1);
        NDManager manager = NDManager.newBaseManager(compute.djl(), "PyTorch");
        return load(manager, base, compute, frozenLayers, adapters, Optional.empty());
    }

    /**
     * The same encoder for models that are trained in another way. What its layers are as they were published, and what
     * these made of texts, is there once for both.
     *
     * @param otherFrozenLayers as above
     * @param otherAdapters as above
     * @return it; the caller closes it, and closes this one after it
     */
    public Network beside(int otherFrozenLayers, Adapters otherAdapters) {
        TorchThreads.take(1);
        return load(manager.newSubManager(), base, compute, otherFrozenLayers, otherAdapters, Optional.of(this));
    }

    private static Network load(
            NDManager manager,
            PretrainedModel base,
            Compute compute,
            int frozenLayers,
            Adapters adapters,
            Optional<Network> first) {
        try {
            int layers = base.config().layers();
            if (frozenLayers < 0 || frozenLayers >= layers) {
                throw new IllegalArgumentException(
                        "frozenLayers must be 0 to " + (layers - 1) + ", but is " + frozenLayers);
            }
            return new Network(manager, base, compute, frozenLayers, adapters, first);
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
                "engine", Compute.engine(),
                "device", compute.device().name().toLowerCase(Locale.ROOT),
                "precision", compute.precision().name().toLowerCase(Locale.ROOT),
                "threads", Integer.toString(TorchThreads.of(compute)),
                "processor", Processor.ofThisMachine().description());
    }

    /** {@return the names of what is trained of the encoder, layers or adapters, in the order the program takes them} */
    public List<String> trainableNames() {
        return adapters.present()
                ? adapters.names(frozenLayers, config.layers())
                : EncoderLayout.layers(frozenLayers, config.layers());
    }

    /**
     * What is trained of the encoder, before it has learned anything.
     *
     * @param base the encoder that was loaded
     * @param seed of adapters, which are random at first
     * @return the tensors, in the order of {@link #trainableNames}
     */
    public List<Tensor> untrained(PretrainedModel base, long seed) {
        return adapters.present()
                ? adapters.fresh(base, frozenLayers, config.layers(), seed)
                : base.layers(frozenLayers, config.layers());
    }

    /** {@return how many layers there are above the frozen ones: as many as have a learning rate} */
    public int trainableLayers() {
        return config.layers() - frozenLayers;
    }

    /**
     * How many of the lowest layers that may be trained are still as the base was published, to the bit, their averages
     * too: what they make of texts can be kept. The topmost is never among them.
     *
     * @param encoder what is trained
     * @param seed of adapters
     * @param most that are looked at
     * @return 0 to {@code most}
     */
    public int published(ParameterGroup encoder, long seed, int most) {
        int looked = Math.min(most, trainableLayers() - 1);
        List<Tensor> untrained = looked == 0 ? List.of() : untrained(base, seed).subList(0, looked * tensorsPerLayer());
        return encoder.unchanged(untrained) / tensorsPerLayer();
    }

    private int tensorsPerLayer() {
        return trainableNames().size() / trainableLayers();
    }

    /** {@return the adapters that are trained, if any} */
    public Adapters adapters() {
        return adapters;
    }

    /** {@return the manager of everything this network owns} */
    public NDManager manager() {
        return manager;
    }

    /**
     * Embeds texts: the last layer, {@linkplain EncoderConfig.Pooling pooled} over the tokens of each, scaled to length 1.
     *
     * @param scope owns what is made on the way and the result
     * @param encoder what is trained of the encoder, in the order of {@link #trainableNames}
     * @param batch the texts
     * @return {@code [texts, hidden]}, float32, rows in the order of the batch
     */
    public NDArray embed(NDManager scope, NDList encoder, TokenBatch batch) {
        return features(scope, encoder, 0, NativeWeights.EMBEDDING, List.of(), batch);
    }

    /**
     * Embeds texts as the base does that was published, whatever has been learned since.
     *
     * @param scope owns what is made on the way and the result
     * @param batch the texts
     * @return as {@link #embed}
     */
    public NDArray embedPublished(NDManager scope, TokenBatch batch) {
        NDList arguments = new NDList(scalars.of(scope, NativeWeights.EMBEDDING), rows(scope, batch, 0))
                .addAll(NativeArray.named("w", lowest.above(frozenLayers)))
                .addAll(NativeArray.named("l", none))
                .addAll(NativeArray.named("h", new NDList(scope.create(0f))))
                .addAll(batch.arguments(scope));
        return program.call("embed", arguments).singletonOrThrow();
    }

    /**
     * What rows of a head will be compared with, before there are any: the embeddings themselves, or what hidden layers
     * make of them.
     *
     * @param scope owns what is made on the way and the result
     * @param encoder what is trained of the encoder, in the order of {@link #trainableNames}
     * @param published how many of its lowest layers are known to be {@linkplain #published as published}
     * @param shape of the head
     * @param hiddenLayers its tensors without those of the last layer
     * @param batch the texts
     * @return {@code [texts, width]}, float32, rows in the order of the batch
     */
    public NDArray features(
            NDManager scope, NDList encoder, int published, Head shape, List<Tensor> hiddenLayers, TokenBatch batch) {
        NDList head = new NDList();
        for (int missing = hiddenLayers.size(); missing < shape.names().size(); missing++) {
            head.add(scope.create(0f));
        }
        hiddenLayers.forEach(tensor -> head.add(NativeArray.of(scope, tensor)));
        return program.call(
                        "embed",
                        inference(scope, encoder, published, shape, batch)
                                .addAll(NativeArray.named("h", head))
                                .addAll(batch.arguments(scope)))
                .singletonOrThrow();
    }

    /** What texts are answered with: {@code [texts, hidden]}, {@code [texts, labels]} and {@code [texts, width]}. */
    public record Answer(NDArray embeddings, NDArray logits, NDArray features) {}

    /**
     * Embeds texts, and makes logits of that.
     *
     * @param scope owns what is made on the way and the result
     * @param encoder what is trained of the encoder, in the order of {@link #trainableNames}
     * @param shape of the head
     * @param head its tensors, in the order of {@link Head#names}
     * @param batch the texts
     * @return embeddings, logits, and the features that the rows of the head are compared with: float32, rows in the order
     *     of the batch
     */
    public Answer predict(NDManager scope, NDList encoder, Head shape, NDList head, TokenBatch batch) {
        return predict(scope, encoder, 0, shape, head, batch);
    }

    /**
     * The same, where some layers have not learned anything yet.
     *
     * @param scope owns what is made on the way and the result
     * @param encoder what is trained of the encoder, in the order of {@link #trainableNames}, not prepared
     * @param published how many of its lowest layers are known to be {@linkplain #published as published}
     * @param shape of the head
     * @param head its tensors, in the order of {@link Head#names}
     * @param batch the texts
     * @return as above
     */
    public Answer predict(NDManager scope, NDList encoder, int published, Head shape, NDList head, TokenBatch batch) {
        NDList arguments = inference(scope, encoder, published, shape, batch)
                .addAll(NativeArray.named("h", head))
                .addAll(batch.arguments(scope));
        NDList result = program.call("predict", arguments);
        return new Answer(result.get(0), result.get(1), result.get(2));
    }

    /** What a step found: mean loss in nats, the gradient's norm before clipping, and the logits before the update. */
    public record StepResult(float loss, float gradientNorm, NDArray logits) {}

    /**
     * Learns one mini-batch: forward pass, loss, gradient, clipping, update and averaging, in one call of the program.
     *
     * @param scope owns what is made on the way and the result
     * @param encoder what is trained of the encoder; changed in place
     * @param published how many of its lowest layers are known to be {@linkplain #published as published}; none of them
     *     has a learning rate
     * @param shape of the head
     * @param head its tensors, in the order of {@link Head#names}; changed in place
     * @param settings of the step
     * @param batch the texts
     * @param targets what they teach, in the order of the batch
     * @return loss, norm and {@code [texts, labels]} logits; when loss or norm is not finite, nothing has changed
     */
    public StepResult step(
            NDManager scope,
            ParameterGroup encoder,
            int published,
            Head shape,
            ParameterGroup head,
            StepSettings settings,
            TokenBatch batch,
            Targets targets) {
        if (targets.size() != batch.size()) {
            throw new IllegalArgumentException("a batch of " + batch.size()
                    + " texts needs a label and a weight for each, but has " + targets.size());
        }
        int rates = settings.update().rates().layers().size();
        if (rates != trainableLayers()) {
            throw new IllegalArgumentException(
                    "each of " + trainableLayers() + " layers needs a learning rate, but there are " + rates);
        }
        if (published > settings.update().rates().still()) {
            throw new IllegalArgumentException("a layer that learns is not as published any more after the step");
        }
        if (!settings.update().accumulation().equals(StepSettings.Accumulation.NONE)) {
            encoder.accumulate();
            head.accumulate();
        }
        NDArray noise = scope.create(settings.dropout().mixedSeed());
        noise.setName("noise");
        NDList arguments = new NDList(
                        scalars.of(scope, shape, settings, published), noise, rows(scope, batch, published))
                .addAll(adaptedFrom(published))
                .addAll(gradients(encoder).subNDList(published * tensorsPerLayer()))
                .addAll(encoder.arguments("", published * tensorsPerLayer()))
                .addAll(head.arguments("h", 0))
                .addAll(batch.arguments(scope))
                .addAll(targets.arguments(scope, settings.loss(), head.rows()));
        NDList result = program.call("step", arguments);
        float[] figures = result.get(0).toFloatArray();
        return new StepResult(figures[0], figures[1], result.get(1));
    }

    /** The arguments {@code c x w[] l[]}: what is handed in is the layers themselves, or their adapters. */
    private NDList inference(NDManager scope, NDList encoder, int published, Head shape, TokenBatch batch) {
        NDList arguments = new NDList(scalars.of(scope, shape), rows(scope, batch, published));
        NDList above = published == 0 ? encoder : encoder.subNDList(published * tensorsPerLayer());
        return adapters.present()
                ? arguments.addAll(adaptedFrom(published)).addAll(NativeArray.named("l", above))
                : arguments.addAll(NativeArray.named("w", above)).addAll(NativeArray.named("l", none));
    }

    /** The argument {@code x}: what the layers make of texts that are as published, {@code [tokens, hidden]}. */
    private NDArray rows(NDManager scope, TokenBatch batch, int published) {
        NDArray rows = lowest.rows(scope, batch, frozenLayers + published);
        rows.setName("x");
        return rows;
    }

    /** The layers that adapters stand beside, without the lowest; or none. */
    private NDList adaptedFrom(int published) {
        return NativeArray.named("w", adapters.present() ? lowest.above(frozenLayers + published) : none);
    }

    /** The argument {@code d[]}: one room for all models, for no step begins before the one before it has ended. */
    private NDList gradients(ParameterGroup encoder) {
        NDList values = encoder.values();
        if (gradients.isEmpty()) {
            values.forEach(value -> gradients.add(manager.zeros(value.getShape())));
        }
        return NativeArray.named("d", gradients);
    }

    /** Copies tensors into native memory, owned by this network. */
    NDList load(List<Tensor> tensors) {
        return weights.load(tensors);
    }

    /** The same of layers that are computed with more than once, in the arithmetic that it computes in. */
    NDList prepare(List<Tensor> layers) {
        return weights.prepare(layers);
    }

    @Override
    public void close() {
        if (isFirst) {
            program.close();
        }
        manager.close();
    }
}
