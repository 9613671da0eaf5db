package dev.millrace.model;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * A pretrained encoder used as it was published: texts in, embeddings out, nothing learned.
 *
 * <p>Safe for use by several threads.
 */
public final class SentenceEncoder implements AutoCloseable {

    private final Network network;
    private final Tokenizer tokenizer;
    private final NDList layers;

    /**
     * Loads an encoder.
     *
     * @param base its tensors and tokenizer
     * @param compute where and how to compute it
     * @param maxTokens of one text; longer ones are cut
     */
    public SentenceEncoder(PretrainedModel base, Compute compute, int maxTokens) {
        this.tokenizer = base.tokenizer(maxTokens);
        try {
            this.network = Network.load(base, compute, 0);
        } catch (RuntimeException e) {
            tokenizer.close();
            throw e;
        }
        this.layers = network.prepare(base.layers(0, base.config().layers()));
    }

    /**
     * Embeds texts: the last layer, {@linkplain EncoderConfig.Pooling pooled} over the tokens of each, scaled to length 1.
     *
     * @param texts at least one
     * @return for each text, in their order, an array of {@code hidden} elements
     */
    public List<float[]> embed(List<String> texts) {
        TokenBatch batch = TokenBatch.of(texts.stream().map(tokenizer::encode).toList());
        try (NDManager scope = network.manager().newSubManager()) {
            float[] rows = network.embed(scope, layers, batch).toFloatArray();
            int hidden = network.config().hidden();
            List<float[]> embeddings = new ArrayList<>(Collections.nCopies(texts.size(), new float[0]));
            for (int row = 0; row < texts.size(); row++) {
                embeddings.set(batch.order().get(row), Arrays.copyOfRange(rows, row * hidden, (row + 1) * hidden));
            }
            return embeddings;
        }
    }

    @Override
    public void close() {
        network.close();
        tokenizer.close();
    }
}
