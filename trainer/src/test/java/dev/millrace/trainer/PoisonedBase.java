package dev.millrace.trainer;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tensor;
import dev.millrace.model.TokenIds;
import dev.millrace.model.Tokenizer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The tiny base with one word whose embedding is not finite, so that whatever holds this word has no loss. */
final class PoisonedBase {

    /** No text of {@link HelpDesk} has it. */
    static final String WORD = "poison";

    private static final String EMBEDDINGS = "embeddings.word_embeddings.weight";

    private PoisonedBase() {}

    /** The base. */
    static PretrainedModel model() {
        PretrainedModel tiny = TinyBase.model();
        int token = tokenOf(tiny);
        Tensor clean = tiny.tensors().get(EMBEDDINGS);
        if (clean == null) {
            throw new IllegalStateException("there are no " + EMBEDDINGS);
        }
        ByteBuffer rows = ByteBuffer.allocate(clean.data().remaining()).order(ByteOrder.LITTLE_ENDIAN);
        rows.put(clean.data()).flip();
        for (int column = 0; column < TinyBase.HIDDEN; column++) {
            rows.putFloat((token * TinyBase.HIDDEN + column) * Float.BYTES, Float.NaN);
        }
        Map<String, Tensor> tensors = new HashMap<>(tiny.tensors());
        tensors.put(EMBEDDINGS, new Tensor(EMBEDDINGS, clean.type(), clean.shape(), rows));
        return new PretrainedModel("poisoned", tiny.config(), tensors, tiny.tokenizerJson());
    }

    private static int tokenOf(PretrainedModel tiny) {
        try (Tokenizer tokenizer = tiny.tokenizer(8)) {
            TokenIds ids = tokenizer.encode(WORD);
            if (ids.length() != 3) {
                throw new IllegalStateException(WORD + " must be one token between two marks, but is " + ids);
            }
            return ids.get(1);
        }
    }

    /** An example with the word. */
    static LabelledExample example(String id, String label) {
        return new LabelledExample(id, "support", "my card is " + WORD + " today", label, HelpDesk.START, null, 1);
    }

    /** As many of them as a mini-batch has, all of one label. */
    static List<LabelledExample> miniBatch(String id, String label) {
        return IntStream.range(0, TinyRecipe.BATCH)
                .mapToObj(i -> example(id + "-" + i, label))
                .toList();
    }
}
