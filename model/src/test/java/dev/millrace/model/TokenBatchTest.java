package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TokenBatchTest {

    /** 300 lists of 1 to 80 lengths from 1 to 60, the same in every run. */
    private static List<List<Integer>> manyLengths() {
        Random random = new Random(20261124);
        return IntStream.range(0, 300)
                .mapToObj(
                        i -> random.ints(1 + random.nextInt(80), 1, 61).boxed().toList())
                .toList();
    }

    private static List<TokenIds> texts(List<Integer> lengths) {
        List<TokenIds> texts = new ArrayList<>();
        for (int i = 0; i < lengths.size(); i++) {
            texts.add(TokenIds.of(IntStream.range(i, i + lengths.get(i)).toArray()));
        }
        return texts;
    }

    @Test
    void rowsAreAPermutationSortedByLengthAndStable() {
        for (List<Integer> lengths : manyLengths()) {
            TokenBatch batch = TokenBatch.of(texts(lengths));

            assertThat(batch.size()).isEqualTo(lengths.size());
            assertThat(batch.order())
                    .containsExactlyInAnyOrderElementsOf(
                            IntStream.range(0, lengths.size()).boxed().toList());
            for (int row = 1; row < batch.size(); row++) {
                int before = batch.order().get(row - 1);
                int here = batch.order().get(row);
                assertThat(lengths.get(before)).isLessThanOrEqualTo(lengths.get(here));
                if (lengths.get(before).equals(lengths.get(here))) {
                    assertThat(before).isLessThan(here);
                }
            }
        }
    }

    @Test
    void attentionComputesAtMostAHalfMoreThanThereIsAndAllElseASixteenth() {
        for (List<Integer> lengths : manyLengths()) {
            TokenBatch batch = TokenBatch.of(texts(lengths));

            int real = lengths.stream().mapToInt(length -> length).sum();
            int narrow =
                    lengths.stream().mapToInt(length -> Math.max(0, 8 - length)).sum();
            assertThat(batch.tokens()).isEqualTo(real);
            assertThat(batch.rows()).isBetween(real, real + real / 16);
            assertThat(batch.attendedTokens()).isBetween(real, real + real / 2 + narrow);
        }
    }

    @Test
    void fewNumbersOfRowsOccur() {
        List<Integer> rows = IntStream.range(512, 1024)
                .mapToObj(tokens -> TokenBatch.of(texts(List.of(tokens / 2, tokens - tokens / 2)))
                        .rows())
                .distinct()
                .toList();

        assertThat(rows).hasSize(17);
    }

    @Test
    void textsOfNearlyOneLengthShareAGrid() {
        List<Integer> lengths = new ArrayList<>(Collections.nCopies(9, 24));
        lengths.add(19);

        TokenBatch batch = TokenBatch.of(texts(lengths));

        assertThat(batch.attendedTokens()).isEqualTo(240);
        assertThat(batch.rows()).isEqualTo(240);
    }

    @Test
    void argumentsSayOfEachTokenWhereItIs() {
        List<TokenIds> texts = new ArrayList<>(TinyBert.texts());
        Collections.shuffle(texts, new Random(1));
        TokenBatch batch = TokenBatch.of(texts);

        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            long[] ids = batch.ids(manager).toLongArray();
            NDList arguments = batch.arguments(manager);
            long[] at = arguments.get(0).toLongArray();
            long[] of = arguments.get(1).toLongArray();
            assertThat(arguments.stream().map(NDArray::getName).distinct())
                    .containsExactly("at", "of", "grid[]", "slot[]");
            List<Integer> row = new ArrayList<>();
            for (int i = 0; i < ids.length; i++) {
                TokenIds text = texts.get(batch.order().get((int) of[i]));
                assertThat(ids[i]).isEqualTo(text.get((int) at[i]));
                row.add(i);
            }
            List<Integer> laid = new ArrayList<>();
            int grids = (arguments.size() - 2) / 2;
            for (int grid = 0; grid < grids; grid++) {
                long[] cells = arguments.get(2 + grid).toLongArray();
                for (long slot : arguments.get(2 + grids + grid).toLongArray()) {
                    laid.add((int) cells[(int) slot]);
                    cells[(int) slot] = -1;
                }
                assertThat(cells).containsOnly(-1);
            }
            assertThat(laid).isEqualTo(row);
        }
    }

    @Test
    void rowsOfResultsMapBackToTheirTexts() {
        try (Network network = Network.load(TinyBert.model(), TinyBert.CPU, 0);
                NDManager scope = network.manager().newSubManager()) {
            NDList layers = network.load(TinyBert.trainable(network));
            TokenBatch batch = TinyBert.batch();
            NDArray rows = network.embed(scope, layers, batch);
            for (int row = 0; row < batch.size(); row++) {
                TokenBatch alone =
                        TokenBatch.of(List.of(TinyBert.texts().get(batch.order().get(row))));
                float[] expected = network.embed(scope, layers, alone).toFloatArray();
                assertThat(rows.get(row).toFloatArray()).containsExactly(expected, within(1e-5f));
            }
        }
    }

    @Test
    void nothingIsNoBatch() {
        assertThatThrownBy(() -> TokenBatch.of(List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at least one text");
        assertThatThrownBy(() -> TokenIds.of())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at least one token");
    }

    @Test
    void tokenIdsAreValuesAndCopies() {
        int[] ids = {2, 5, 3};
        TokenIds tokens = TokenIds.of(ids);
        ids[1] = 9;

        assertThat(tokens.get(1)).isEqualTo(5);
        assertThat(tokens).isEqualTo(TokenIds.of(2, 5, 3)).hasSameHashCodeAs(TokenIds.of(2, 5, 3));
        assertThat(tokens).isNotEqualTo(TokenIds.of(2, 5)).hasToString("[2, 5, 3]");
    }
}
