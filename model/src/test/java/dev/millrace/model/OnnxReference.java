package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.millrace.model.EncoderConfig.Pooling;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/** An encoder as it was published, computed by ONNX Runtime. */
final class OnnxReference implements AutoCloseable {

    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession session;

    OnnxReference(String resource) throws IOException, OrtException {
        try (InputStream in = OnnxReference.class.getResourceAsStream(resource)) {
            assertThat(in).as(resource).isNotNull();
            session = environment.createSession(in.readAllBytes(), new OrtSession.SessionOptions());
        }
    }

    float[] embed(TokenIds text, Pooling pooling) throws OrtException {
        long[][] ids = new long[1][text.length()];
        long[][] mask = new long[1][text.length()];
        for (int i = 0; i < text.length(); i++) {
            ids[0][i] = text.get(i);
            mask[0][i] = 1;
        }
        try (OnnxTensor idTensor = OnnxTensor.createTensor(environment, ids);
                OnnxTensor maskTensor = OnnxTensor.createTensor(environment, mask);
                OnnxTensor types = OnnxTensor.createTensor(environment, new long[1][text.length()]);
                OrtSession.Result result = session.run(
                        Map.of("input_ids", idTensor, "attention_mask", maskTensor, "token_type_ids", types))) {
            float[][][] hidden =
                    (float[][][]) result.get("last_hidden_state").orElseThrow().getValue();
            return unit(pooling == Pooling.MEAN ? hidden[0] : new float[][] {hidden[0][0]});
        }
    }

    private static float[] unit(float[][] tokens) {
        double[] sum = new double[tokens[0].length];
        for (float[] token : tokens) {
            for (int i = 0; i < sum.length; i++) {
                sum[i] += token[i];
            }
        }
        double squares = 0;
        for (double value : sum) {
            squares += value * value;
        }
        float[] unit = new float[sum.length];
        for (int i = 0; i < unit.length; i++) {
            unit[i] = (float) (sum[i] / Math.sqrt(squares));
        }
        return unit;
    }

    @Override
    public void close() throws OrtException {
        session.close();
    }
}
