package dev.millrace.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Tokenized texts, arranged so that hardly any padding is computed: one text after the other, sorted by length, and for
 * attention neighbours of nearly one length in a grid.
 *
 * <p>Immutable. Rows of every result follow {@link #order}, not the order in which the texts were given.
 */
public final class TokenBatch {

    private static final int NARROWEST = 8;

    /** How many numbers of rows there are from one power of two to the next. */
    private static final int UNITS = 16;

    private record Grid(List<TokenIds> texts, int width) {}

    private final List<Integer> order;
    private final List<Grid> grids;

    private TokenBatch(List<Integer> order, List<Grid> grids) {
        this.order = order;
        this.grids = grids;
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
        NavigableMap<Integer, List<TokenIds>> byWidth = new TreeMap<>();
        for (int index : order) {
            TokenIds text = texts.get(index);
            byWidth.computeIfAbsent(width(text.length()), width -> new ArrayList<>())
                    .add(text);
        }
        return new TokenBatch(
                order,
                byWidth.entrySet().stream()
                        .map(entry -> new Grid(List.copyOf(entry.getValue()), entry.getKey()))
                        .toList());
    }

    /**
     * The least of 8, 12, 16, 24, 32, 48, 64 and so on that the text fits into. It depends on nothing but the text's own
     * length, so that what the frozen layers make of it is the same beside any others.
     */
    private static int width(int length) {
        int power = Math.max(NARROWEST, Integer.highestOneBit(2 * length - 1));
        return power > NARROWEST && length <= power / 4 * 3 ? power / 4 * 3 : power;
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
    public int tokens() {
        return texts().stream().mapToInt(TokenIds::length).sum();
    }

    /**
     * {@return how many rows are computed, but for attention: the tokens, and at most a sixteenth more, so that few numbers
     * of rows occur, which is dear to compute for the first time}
     */
    public int rows() {
        int tokens = tokens();
        int unit = Math.max(1, Integer.highestOneBit(tokens) / UNITS);
        return (tokens + unit - 1) / unit * unit;
    }

    /** {@return how many tokens attention has places for, padding included} */
    public int attendedTokens() {
        return grids.stream().mapToInt(grid -> grid.texts.size() * grid.width).sum();
    }

    /**
     * The arithmetic of a layer over these texts.
     *
     * @param config of the encoder
     * @param padded whether that of padding counts
     * @return multiplications with additions
     */
    public double products(EncoderConfig config, boolean padded) {
        double each = 4.0 * config.hidden() * config.hidden() + 2.0 * config.hidden() * config.intermediate();
        double pairs = grids.stream()
                .flatMapToDouble(grid -> grid.texts.stream()
                        .mapToDouble(text -> padded ? grid.width : text.length())
                        .map(width -> width * width))
                .sum();
        return (padded ? rows() : tokens()) * each + 2 * config.hidden() * pairs;
    }

    /** The texts, one a row. */
    List<TokenIds> texts() {
        return grids.stream().flatMap(grid -> grid.texts.stream()).toList();
    }

    /** The argument {@code ids} of the network program. */
    NDArray ids(NDManager manager) {
        LongBuffer ids = LongBuffer.allocate(tokens());
        texts().forEach(text -> {
            for (int i = 0; i < text.length(); i++) {
                ids.put(text.get(i));
            }
        });
        return named("ids", manager.create(ids.array()));
    }

    /** The arguments {@code at of grid[] slot[]} of the network program. */
    NDList arguments(NDManager manager) {
        LongBuffer at = LongBuffer.allocate(rows());
        LongBuffer of = LongBuffer.allocate(rows());
        Arrays.fill(of.array(), -1);
        NDList cells = new NDList();
        NDList slots = new NDList();
        int row = 0;
        for (Grid grid : grids) {
            long[] cell = new long[grid.texts.size() * grid.width];
            Arrays.fill(cell, -1);
            LongBuffer slot = LongBuffer.allocate(cell.length);
            int start = 0;
            for (TokenIds text : grid.texts) {
                for (int i = 0; i < text.length(); i++) {
                    cell[start + i] = at.position();
                    slot.put(start + i);
                    at.put(i);
                    of.put(row);
                }
                start += grid.width;
                row++;
            }
            cells.add(named("grid[]", manager.create(cell, new Shape(grid.texts.size(), grid.width))));
            slots.add(named("slot[]", manager.create(Arrays.copyOf(slot.array(), slot.position()))));
        }
        return new NDList(named("at", manager.create(at.array())), named("of", manager.create(of.array())))
                .addAll(cells)
                .addAll(slots);
    }

    private static NDArray named(String name, NDArray array) {
        array.setName(name);
        return array;
    }
}
