package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FrozenPrefixTest {

    private static final long PLENTY = 1L << 28;

    /** Texts of 3 to 40 tokens, the same in every run. */
    private static List<TokenIds> texts(int count) {
        Random random = new Random(7);
        List<TokenIds> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            texts.add(TokenIds.of(random.ints(3 + random.nextInt(38), 2, 60).toArray()));
        }
        return texts;
    }

    @ParameterizedTest
    @EnumSource(Compute.Precision.class)
    void whatIsKeptHasTheBitsOfWhatWouldBeComputed(Compute.Precision precision) {
        List<TokenIds> texts = texts(24);
        try (Network forgetful = Network.load(TinyBert.model(), compute(precision, 0), 1);
                Network keeping = Network.load(TinyBert.model(), compute(precision, PLENTY), 1);
                NDManager scope = keeping.manager().newSubManager()) {
            NDList layers = keeping.prepare(TinyBert.trainable(keeping));
            for (int from = 0; from < texts.size(); from += 8) {
                keeping.embed(scope, layers, TokenBatch.of(texts.subList(from, from + 8)));
            }
            for (int from = 0; from < texts.size(); from += 6) {
                TokenBatch batch = TokenBatch.of(texts.subList(from, from + 6));
                assertThat(keeping.embed(scope, layers, batch).toFloatArray())
                        .containsExactly(forgetful.embed(scope, layers, batch).toFloatArray());
            }
        }
    }

    private static Compute compute(Compute.Precision precision, long frozenCacheBytes) {
        return new Compute(Compute.Place.CPU, precision, 0, frozenCacheBytes);
    }

    @Test
    void computesNothingTwiceAndKeepsNoMoreThanItMay() {
        List<TokenIds> texts = texts(12);
        long bytes =
                4L * texts.subList(6, 12).stream().mapToInt(TokenIds::length).sum();
        List<TokenIds> computed = new ArrayList<>();
        try (NDManager manager = NDManager.newBaseManager(TinyBert.CPU.djl(), "PyTorch");
                FrozenPrefix prefix = new FrozenPrefix(manager.newSubManager(), telling(computed), bytes)) {
            texts.forEach(text -> prefix.of(manager, TokenBatch.of(List.of(text)), 1));
            assertThat(computed).isEqualTo(texts);
            assertThat(prefix.size()).isEqualTo(6);

            computed.clear();
            TokenBatch batch = TokenBatch.of(texts.subList(6, 12));
            float[] rows = prefix.of(manager, batch, 1).toFloatArray();
            assertThat(computed).isEmpty();
            int row = 0;
            for (TokenIds text : batch.texts()) {
                for (int i = 0; i < text.length(); i++) {
                    assertThat(rows[row++]).isEqualTo(text.get(i));
                }
            }

            prefix.of(manager, TokenBatch.of(List.of(texts.get(0), texts.get(11))), 1);
            assertThat(computed).containsExactly(texts.get(0));
        }
    }

    /** Layers that give the tokens themselves. */
    private static FrozenPrefix.Layers telling(List<TokenIds> computed) {
        return new FrozenPrefix.Layers() {
            @Override
            public NDArray compute(NDManager scope, TokenIds text, int depth) {
                computed.add(text);
                float[] tokens = new float[text.length()];
                for (int i = 0; i < tokens.length; i++) {
                    tokens[i] = text.get(i);
                }
                return scope.create(tokens);
            }

            @Override
            public NDArray join(NDManager scope, NDList texts) {
                NDArray joined = NDArrays.concat(texts);
                joined.attach(scope);
                return joined;
            }
        };
    }
}
