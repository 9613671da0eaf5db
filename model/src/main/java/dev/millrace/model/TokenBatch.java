package dev.millrace.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Tokenized texts, arranged so that little padding is computed: sorted by length and cut into chunks of nearly one
 * length each.
 *
 * <p>Immutable. Rows of every result follow {@link #order}, not the order in which the texts were given.
 */
public final class TokenBatch {

    /** A chunk is closed before padding would make up more of it than this. */
    private static final double MOST_PADDING = 0.05;

    private record Chunk(List<TokenIds> texts, int width) {}

    private final List<Integer> order;
    private final List<Chunk> chunks;

    private TokenBatch(List<Integer> order, List<Chunk> chunks) {
        this.order = order;
        this.chunks = chunks;
    }

    /**
     * Arranges texts. The arrangement depends on nothing but their lengths, in their order.
     *
     * @param texts the tokens of each; at least one text
     * @return the batch
     */
    public static TokenBatch of(List<TokenIds> texts) {
        if (texts.isEmpty()) {
            throw new IllegalArgumentException("a batch must have at least one text");
        }
        List<Integer> order = IntStream.range(0, texts.size())
                .boxed()
                .sorted(Comparator.comparingInt(i -> texts.get(i).length()))
                .toList();
        List<Chunk> chunks = new ArrayList<>();
        List<TokenIds> open = new ArrayList<>();
        int real = 0;
        int width = 0;
        for (int index : order) {
            TokenIds text = texts.get(index);
            if (real + text.length() < (1 - MOST_PADDING) * (open.size() + 1) * text.length()) {
                chunks.add(new Chunk(List.copyOf(open), width));
                open.clear();
                real = 0;
            }
            open.add(text);
            real += text.length();
            width = text.length();
        }
        chunks.add(new Chunk(List.copyOf(open), width));
        return new TokenBatch(order, List.copyOf(chunks));
    }

    /** {@return for each row of a result, the index of its text as it was given} */
    public List<Integer> order() {
        return order;
    }

    /** {@return how many texts there are} */
    public int size() {
        return order.size();
    }

    /** {@return how many tokens the texts have together} */
    public long realTokens() {
        return chunks.stream()
                .flatMap(chunk -> chunk.texts.stream())
                .mapToLong(text -> text.length())
                .sum();
    }

    /** {@return how many tokens are computed, padding included} */
    public long computedTokens() {
        return chunks.stream()
                .mapToLong(chunk -> (long) chunk.texts.size() * chunk.width)
                .sum();
    }

    /** The arguments {@code ids[]} and {@code counts[]} of the network program. */
    NDList arguments(NDManager manager) {
        NDList ids = new NDList();
        NDList counts = new NDList();
        for (Chunk chunk : chunks) {
            long[] padded = new long[chunk.texts.size() * chunk.width];
            long[] lengths = new long[chunk.texts.size()];
            for (int row = 0; row < lengths.length; row++) {
                TokenIds text = chunk.texts.get(row);
                lengths[row] = text.length();
                for (int column = 0; column < text.length(); column++) {
                    padded[row * chunk.width + column] = text.get(column);
                }
            }
            NDArray id = manager.create(padded, new Shape(lengths.length, chunk.width));
            id.setName("ids[]");
            ids.add(id);
            NDArray count = manager.create(lengths);
            count.setName("counts[]");
            counts.add(count);
        }
        return ids.addAll(counts);
    }
}
