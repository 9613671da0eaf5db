package dev.millrace.model;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import dev.millrace.model.StepSettings.Rates;
import dev.millrace.model.StepSettings.Update;
import dev.millrace.model.Tensor.ElementType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * One mini-batch of random tokens that is learned again and again: what a training step costs, apart from everything
 * around it. Not thread-safe.
 */
public final class SyntheticTraining implements AutoCloseable {

    private static final int LABELS = 77;
    private static final double ENCODER_RATE = 1e-4;
    private static final double HEAD_RATE = 1e-3;
    private static final double WEIGHT_DECAY = 0.01;
    private static final double AVERAGE_DECAY = 0.98;
    private static final Head SHAPE = Head.cosine(16);

    private final PretrainedModel base;
    private final List<TokenIds> texts = new ArrayList<>();
    private final long[] labels;
    private final Tensor rows;
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
     * @param frozenLayers how many layers are not trained, from the lowest; after the first step what they make of the
     *     mini-batch is kept
     * @param count of texts in the mini-batch
     * @param tokens of each text
     */
    public SyntheticTraining(PretrainedModel base, Compute compute, int frozenLayers, int count, int tokens) {
        this.base = base;
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(1);
        network = Network.load(base, compute, frozenLayers);
        encoder = ParameterGroup.fresh(network, network.untrained(base, 1));
        Rates rates = Rates.uniform(network.trainableLayers(), ENCODER_RATE, HEAD_RATE);
        settings = StepSettings.plain(0, Update.adamw(rates, WEIGHT_DECAY, 1, AVERAGE_DECAY));
        rows = head(base.config().hidden(), random);
        head = ParameterGroup.fresh(network, List.of(rows));
        labels = random.longs(count, 0, LABELS).toArray();
        float[] weights = new float[count];
        Arrays.fill(weights, 1);
        targets = Targets.of(labels, weights);
        for (int i = 0; i < count; i++) {
            texts.add(TokenIds.of(
                    random.ints(tokens, 1, base.config().vocabulary()).toArray()));
        }
        batch = TokenBatch.of(texts);
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
            network.step(scope, encoder, 0, SHAPE, head, settings, batch, targets);
        }
    }

    /**
     * Takes steps while libtorch writes down how long each operator takes, which makes them slower.
     *
     * @param steps at least 1
     * @param file where to, as a trace that Chrome opens
     */
    public void trace(int steps, Path file) {
        JniUtils.startProfile(false, true, false);
        try {
            for (int i = 0; i < steps; i++) {
                step();
            }
        } finally {
            JniUtils.stopProfile(file.toString());
        }
    }

    /** The naive loop on the same mini-batch, all layers trained. */
    public final class Naive implements AutoCloseable {

        private final NaiveTraining training;
        private final Rates rates = Rates.uniform(base.config().layers(), ENCODER_RATE, HEAD_RATE);

        /**
         * Loads it.
         *
         * @param compute where, and with how many threads
         */
        public Naive(Compute compute) {
            training = new NaiveTraining(base, compute, rows, 0, WEIGHT_DECAY, AVERAGE_DECAY);
        }

        /** Takes one training step, and waits for its result. */
        public void step() {
            training.step(texts, labels, rates);
        }

        @Override
        public void close() {
            training.close();
        }
    }

    /**
     * The work of a step in matrix products of weights, without those of attention.
     *
     * @return multiplications and additions, 0 and up
     */
    public double weightProducts() {
        EncoderConfig config = base.config();
        double layer = 4.0 * config.hidden() * config.hidden() + 2.0 * config.hidden() * config.intermediate();
        double lowest = 3.0 * config.hidden() * config.hidden();
        return 2.0 * batch.tokens() * (3 * network.trainableLayers() * layer - lowest);
    }

    @Override
    public void close() {
        encoder.close();
        head.close();
        network.close();
    }
}
