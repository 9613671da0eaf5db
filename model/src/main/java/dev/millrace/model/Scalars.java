package dev.millrace.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * The numbers that the network program takes as its first argument.
 *
 * @param config dimensions of the encoder
 * @param compute how it is computed
 * @param adapters that are trained, if any
 */
record Scalars(EncoderConfig config, Compute compute, Adapters adapters) {

    /** For answers by a head of some shape. */
    NDArray of(NDManager scope, Head shape) {
        return scope.create(joined(encoder(shape), shape.scalars()));
    }

    /** For a step in which the layers below {@code lowest} have no part. */
    NDArray of(NDManager scope, Head shape, StepSettings settings, int lowest) {
        return scope.create(joined(encoder(shape), shape.scalars(), settings.scalars(lowest)));
    }

    private float[] encoder(Head shape) {
        return new float[] {
            config.heads(),
            compute.precision() == Compute.Precision.BFLOAT16 ? 1 : 0,
            (float) config.layerNormEpsilon(),
            (float) adapters.weight(),
            embedding(shape)
        };
    }

    private float embedding(Head shape) {
        if (shape.last() == Head.Last.BERT) {
            return 2;
        }
        return config.pooling() == EncoderConfig.Pooling.FIRST_TOKEN ? 1 : 0;
    }

    private static float[] joined(float[]... parts) {
        FloatBuffer all = FloatBuffer.allocate(
                Arrays.stream(parts).mapToInt(part -> part.length).sum());
        Arrays.stream(parts).forEach(all::put);
        return all.array();
    }
}
