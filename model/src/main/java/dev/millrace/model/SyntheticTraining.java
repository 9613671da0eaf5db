package dev.millrace.model;

import ai.djl.ndarray.NDManager;
import dev.millrace.model.StepSettings.Rates;
import dev.millrace.model.StepSettings.Update;
import dev.millrace.model.Tensor.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * A network and one mini-batch of random tokens that it learns again and again: what a training step costs, apart from
 * everything around it. All layers are trained. Not thread-safe.
 */
public final class SyntheticTraining implements AutoCloseable {

    private static final int LABELS = 77;
    private static final Head SHAPE = Head.cosine(16);

    private final Network network;
    private final ParameterGroup encoder;
    private final ParameterGroup head;
    private final TokenBatch batch;
    private final Targets targets;
    private final StepSettings settings;

    /**
     * Loads the network and draws the mini-batch, always the same one.
     *
     * @param base the pretrained encoder
     * @param compute where and how to compute
     * @param texts in the mini-batch
     * @param tokens of each text
     */
    public SyntheticTraining(PretrainedModel base, Compute compute, int texts, int tokens) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(1);
        network = Network.load(base, compute, 0);
        encoder = ParameterGroup.fresh(network, network.untrained(base, 1));
        Rates rates = Rates.uniform(network.trainableLayers(), 1e-4, 1e-3);
        settings = StepSettings.plain(0, Update.adamw(rates, 0.01, 1, 0.98));
        head = ParameterGroup.fresh(network, List.of(head(base.config().hidden(), random)));
        long[] labels = random.longs(texts, 0, LABELS).toArray();
        float[] weights = new float[texts];
        Arrays.fill(weights, 1);
        targets = Targets.of(labels, weights);
        List<TokenIds> ids = new ArrayList<>();
        for (int i = 0; i < texts; i++) {
            ids.add(TokenIds.of(
                    random.ints(tokens, 1, base.config().vocabulary()).toArray()));
        }
        batch = TokenBatch.of(ids);
    }

    private static Tensor head(int hidden, RandomGenerator random) {
        ByteBuffer rows = ByteBuffer.allocate(LABELS * hidden * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        while (rows.hasRemaining()) {
            rows.putFloat((float) random.nextGaussian());
        }
        return new Tensor(Head.ROWS, ElementType.F32, List.of((long) LABELS, (long) hidden), rows.flip());
    }

    /** Takes one training step, and waits for its result. */
    public void step() {
        try (NDManager scope = network.manager().newSubManager()) {
            network.step(scope, encoder, SHAPE, head, settings, batch, targets);
        }
    }

    @Override
    public void close() {
        encoder.close();
        head.close();
        network.close();
    }
}
