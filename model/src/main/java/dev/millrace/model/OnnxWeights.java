package dev.millrace.model;

import ai.onnx.proto.OnnxMl;
import dev.millrace.model.Tensor.ElementType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the weights of a BERT encoder out of an ONNX export.
 *
 * <p>Exporters keep the names of biases, norms and embeddings but call a matrix after the operator that uses it, and
 * store it transposed. The node's path gives the name back: {@code /encoder/layer.0/attention/self/query/MatMul} uses
 * {@code encoder.layer.0.attention.self.query.weight}.
 */
final class OnnxWeights {

    private static final String MATMUL = "/MatMul";

    private OnnxWeights() {}

    static Map<String, Tensor> read(InputStream in) throws IOException {
        OnnxMl.GraphProto graph = OnnxMl.ModelProto.parseFrom(in).getGraph();
        Map<String, String> matrices = matrixNames(graph);
        Map<String, Tensor> tensors = new HashMap<>();
        for (OnnxMl.TensorProto initializer : graph.getInitializerList()) {
            if (initializer.getDataType() != OnnxMl.TensorProto.DataType.FLOAT.getNumber()) {
                continue;
            }
            String matrix = matrices.get(initializer.getName());
            Tensor tensor =
                    matrix == null ? plain(initializer.getName(), initializer) : transposed(matrix, initializer);
            tensors.put(tensor.name(), tensor);
        }
        return tensors;
    }

    private static Map<String, String> matrixNames(OnnxMl.GraphProto graph) {
        Map<String, String> names = new HashMap<>();
        for (OnnxMl.NodeProto node : graph.getNodeList()) {
            if (node.getOpType().equals("MatMul") && node.getName().endsWith(MATMUL)) {
                String path = node.getName().substring(1, node.getName().length() - MATMUL.length());
                names.put(node.getInput(1), path.replace('/', '.') + ".weight");
            }
        }
        return names;
    }

    private static Tensor plain(String name, OnnxMl.TensorProto tensor) {
        ByteBuffer raw = raw(tensor);
        ByteBuffer copy = ByteBuffer.allocate(raw.remaining()).put(raw).flip();
        return new Tensor(name, ElementType.F32, tensor.getDimsList(), copy);
    }

    private static Tensor transposed(String name, OnnxMl.TensorProto tensor) {
        ByteBuffer raw = raw(tensor);
        int rows = (int) tensor.getDims(0);
        int columns = (int) tensor.getDims(1);
        ByteBuffer out = ByteBuffer.allocate(raw.remaining()).order(ByteOrder.LITTLE_ENDIAN);
        for (int column = 0; column < columns; column++) {
            for (int row = 0; row < rows; row++) {
                out.putInt(raw.getInt((row * columns + column) * Float.BYTES));
            }
        }
        return new Tensor(name, ElementType.F32, List.of((long) columns, (long) rows), out.flip());
    }

    private static ByteBuffer raw(OnnxMl.TensorProto tensor) {
        return tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }
}
