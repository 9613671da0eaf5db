package dev.millrace.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import java.util.Map;

/** The encoder written a second time, one text after the other, in the operators of DJL's own arrays. */
final class EagerBert {

    private final EncoderConfig config;
    private final Map<String, NDArray> tensors;

    EagerBert(EncoderConfig config, Map<String, NDArray> tensors) {
        this.config = config;
        this.tensors = tensors;
    }

    /** The embedding of one text, {@code [hidden]}, of length 1. */
    NDArray embed(NDManager manager, TokenIds text) {
        NDArray x = hidden(manager, text);
        return unit(config.pooling() == EncoderConfig.Pooling.MEAN ? x.sum(new int[] {0}) : x.get(0), 0);
    }

    /** The last hidden state of one text, {@code [tokens, hidden]}. */
    NDArray hidden(NDManager manager, TokenIds text) {
        long[] ids = new long[text.length()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = text.get(i);
        }
        NDArray words = tensor("embeddings.word_embeddings.weight").get(manager.create(ids));
        NDArray positions = tensor("embeddings.position_embeddings.weight").get("0:" + ids.length);
        NDArray type = tensor("embeddings.token_type_embeddings.weight").get(0);
        NDArray x = normalize(words.add(positions).add(type), "embeddings.LayerNorm");
        for (int i = 0; i < config.layers(); i++) {
            x = layer(x, "encoder.layer." + i + ".");
        }
        return x;
    }

    /** {@code [texts, labels]} scaled cosines between embeddings and rows. */
    NDArray logits(NDArray embeddings, String head, float scale) {
        return embeddings.matMul(unit(tensor(head), 1).transpose()).mul(held(embeddings, scale));
    }

    private NDArray layer(NDArray x, String name) {
        NDArray q = heads(dense(x, name + "attention.self.query"));
        NDArray k = heads(dense(x, name + "attention.self.key"));
        NDArray v = heads(dense(x, name + "attention.self.value"));
        double width = (double) config.hidden() / config.heads();
        NDArray weights = q.matMul(k.transpose(0, 2, 1))
                .div(held(x, (float) Math.sqrt(width)))
                .softmax(-1);
        NDArray seen = weights.matMul(v).transpose(1, 0, 2).reshape(x.getShape());
        NDArray y = normalize(x.add(dense(seen, name + "attention.output.dense")), name + "attention.output.LayerNorm");
        NDArray wide = Activation.gelu(dense(y, name + "intermediate.dense"));
        return normalize(y.add(dense(wide, name + "output.dense")), name + "output.LayerNorm");
    }

    private NDArray heads(NDArray x) {
        long tokens = x.getShape().get(0);
        return x.reshape(new Shape(tokens, config.heads(), config.hidden() / config.heads()))
                .transpose(1, 0, 2);
    }

    private NDArray dense(NDArray x, String name) {
        return x.matMul(tensor(name + ".weight").transpose()).add(tensor(name + ".bias"));
    }

    private NDArray normalize(NDArray x, String name) {
        NDArray centred = x.sub(x.mean(new int[] {1}, true));
        NDArray variance = centred.mul(centred).mean(new int[] {1}, true).add((float) config.layerNormEpsilon());
        return centred.div(variance.sqrt()).mul(tensor(name + ".weight")).add(tensor(name + ".bias"));
    }

    private NDArray tensor(String name) {
        return TinyBert.get(tensors, name);
    }

    /**
     * A factor that lives as long as its manager: of a plain number DJL frees the memory once the product is made, and the
     * gradient reads it later.
     */
    private static NDArray held(NDArray besides, float factor) {
        return besides.getManager().create(factor);
    }

    private static NDArray unit(NDArray x, int axis) {
        return x.div(x.mul(x).sum(new int[] {axis}, true).sqrt());
    }
}
