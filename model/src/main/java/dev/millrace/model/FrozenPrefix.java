package dev.millrace.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What frozen layers made of texts, kept in native memory so that a text that comes again is not computed again. What was
 * asked for least recently leaves first. Safe for use by several threads, which take turns.
 *
 * <p>Each text is computed alone: beside others the last bits of its rows would depend on how many rows there are, and so
 * on what is kept and what is not. As it is, a learner that was resumed with nothing kept goes on with the same bits.
 */
final class FrozenPrefix implements AutoCloseable {

    /** The computation. */
    interface Layers {

        /** The rows that so many of the lowest layers make of one text, {@code [tokens, hidden]}. */
        NDArray compute(NDManager scope, TokenIds text, int depth);

        /** The rows of several texts as one. */
        NDArray join(NDManager scope, NDList texts);
    }

    private record Key(TokenIds text, int depth) {}

    private final NDManager owner;
    private final Layers layers;
    private final long mostBytes;
    private final Map<Key, NDArray> kept = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

    /**
     * Without anything in it.
     *
     * @param owner of what is kept; closed with this
     * @param layers that are frozen
     * @param mostBytes that are kept; a mini-batch itself may take more until it is joined
     */
    FrozenPrefix(NDManager owner, Layers layers, long mostBytes) {
        this.owner = owner;
        this.layers = layers;
        this.mostBytes = mostBytes;
    }

    /**
     * What so many of the lowest layers make of texts, {@code [tokens, hidden]}, in the order of the batch; belongs to
     * {@code scope}. What was kept of another depth is not used.
     */
    synchronized NDArray of(NDManager scope, TokenBatch batch, int depth) {
        NDList rows = new NDList();
        for (TokenIds text : batch.texts()) {
            Key key = new Key(text, depth);
            NDArray known = kept.get(key);
            rows.add(known == null ? compute(key) : known);
        }
        NDArray joined = layers.join(scope, rows);
        shrink();
        return joined;
    }

    private NDArray compute(Key key) {
        try (NDManager scope = owner.newSubManager()) {
            NDArray rows = layers.compute(scope, key.text, key.depth);
            rows.attach(owner);
            kept.put(key, rows);
            bytes += size(rows);
            return rows;
        }
    }

    private void shrink() {
        Iterator<NDArray> oldest = kept.values().iterator();
        List<NDArray> leaving = new ArrayList<>();
        while (bytes > mostBytes && oldest.hasNext()) {
            NDArray rows = oldest.next();
            bytes -= size(rows);
            leaving.add(rows);
            oldest.remove();
        }
        leaving.forEach(NDArray::close);
    }

    /** How many texts it has. */
    synchronized int size() {
        return kept.size();
    }

    private static long size(NDArray rows) {
        return rows.size() * rows.getDataType().getNumOfBytes();
    }

    @Override
    public synchronized void close() {
        kept.clear();
        owner.close();
    }
}
