package dev.millrace.trainer;

import dev.millrace.model.Tensor;
import dev.millrace.model.Tensor.ElementType;
import dev.millrace.model.Voters;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;

/** What voters know, but for one label. */
final class VotesWithout {

    private VotesWithout() {}

    /** As if the label had no examples yet; it keeps its index. */
    static VotingState examplesOf(int label, VotingState state) {
        return without(state, label, LinearVoter.forgetting(state.linear(), label), false);
    }

    /** As if there were no such label; those behind it move up. */
    static VotingState label(int label, VotingState state) {
        return without(state, label, LinearVoter.without(state.linear(), label), true);
    }

    private static VotingState without(VotingState state, int label, List<Tensor> linear, boolean moveUp) {
        Voters served = state.served();
        Optional<Tensor> embeddings = served.embeddings();
        Optional<Tensor> labels = served.neighbourLabels();
        if (embeddings.isPresent() && labels.isPresent()) {
            embeddings = Optional.of(kept(embeddings.get(), labels.get(), label));
            labels = Optional.of(kept(labels.get(), label, moveUp));
        }
        return new VotingState(
                new Voters(served.pool(), served.linear(), embeddings, labels),
                linear,
                state.weights(),
                state.correct(),
                state.calibration(),
                state.offered());
    }

    private static Tensor kept(Tensor embeddings, Tensor labels, int unwanted) {
        ByteBuffer all = embeddings.data();
        ByteBuffer indices = labels.data();
        int bytes = Math.toIntExact(embeddings.shape().get(1)) * Short.BYTES;
        ByteBuffer kept = ByteBuffer.allocate(all.remaining()).order(ByteOrder.LITTLE_ENDIAN);
        for (int from = all.position(); indices.hasRemaining(); from += bytes) {
            if (indices.getInt() != unwanted) {
                kept.put(all.slice(from, bytes));
            }
        }
        kept.flip();
        long size = kept.remaining() / bytes;
        return new Tensor(
                embeddings.name(),
                ElementType.BF16,
                List.of(size, embeddings.shape().get(1)),
                kept);
    }

    private static Tensor kept(Tensor labels, int unwanted, boolean moveUp) {
        ByteBuffer indices = labels.data();
        ByteBuffer kept = ByteBuffer.allocate(indices.remaining()).order(ByteOrder.LITTLE_ENDIAN);
        while (indices.hasRemaining()) {
            int label = indices.getInt();
            if (label != unwanted) {
                kept.putInt(moveUp && label > unwanted ? label - 1 : label);
            }
        }
        kept.flip();
        return new Tensor(labels.name(), ElementType.I32, List.of((long) kept.remaining() / Integer.BYTES), kept);
    }
}
