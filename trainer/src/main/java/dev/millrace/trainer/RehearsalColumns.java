package dev.millrace.trainer;

import dev.millrace.model.SafetensorsFile;
import dev.millrace.model.Tensor;
import dev.millrace.trainer.RehearsalState.Tally;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A {@link RehearsalState} as columns of a training state. */
final class RehearsalColumns {

    static final String PREFIX = "rehearsal/";

    private static final String NUMBERS = PREFIX + "numbers";
    private static final String LOSSES = PREFIX + "losses";
    private static final String LOGITS = PREFIX + "logits";
    private static final String LOGIT_COUNTS = PREFIX + "logit-counts";
    private static final String TALLIED = PREFIX + "tallied";
    private static final String SEEN = PREFIX + "seen";
    private static final String FULL = PREFIX + "full";

    private RehearsalColumns() {}

    static List<Tensor> write(RehearsalState state, Labels labels) {
        List<Remembered> kept = state.kept();
        float[] losses = new float[kept.size()];
        for (int i = 0; i < losses.length; i++) {
            losses[i] = kept.get(i).lastLoss();
        }
        List<Tensor> columns = new ArrayList<>(
                TextColumns.write(PREFIX, kept.stream().map(Remembered::example).toList(), labels::indexOf));
        columns.add(
                Column.of(NUMBERS, kept.stream().mapToLong(Remembered::number).toArray()));
        columns.add(Column.of(LOSSES, losses));
        columns.addAll(logits(kept));
        List<Tally> tallies = state.tallies();
        columns.add(Column.of(
                TALLIED,
                tallies.stream().map(Tally::label).mapToInt(labels::indexOf).toArray()));
        columns.add(Column.of(SEEN, tallies.stream().mapToLong(Tally::seen).toArray()));
        columns.add(Column.of(
                FULL, tallies.stream().mapToInt(tally -> tally.full() ? 1 : 0).toArray()));
        return columns;
    }

    /** No columns where nothing is distilled. */
    private static List<Tensor> logits(List<Remembered> kept) {
        List<float[]> rows = kept.stream().map(item -> item.logits().values()).toList();
        FloatBuffer all =
                FloatBuffer.allocate(rows.stream().mapToInt(row -> row.length).sum());
        rows.forEach(all::put);
        return all.capacity() == 0
                ? List.of()
                : List.of(
                        Column.of(LOGITS, all.array()),
                        Column.of(
                                LOGIT_COUNTS,
                                rows.stream().mapToInt(row -> row.length).toArray()));
    }

    private static List<Logits> logits(SafetensorsFile state, int examples) {
        if (!Column.isIn(state, LOGITS)) {
            return Collections.nCopies(examples, Logits.NONE);
        }
        ByteBuffer all = state.tensor(LOGITS).data();
        ByteBuffer counts = state.tensor(LOGIT_COUNTS).data();
        List<Logits> logits = new ArrayList<>();
        while (counts.hasRemaining()) {
            float[] row = new float[counts.getInt()];
            for (int label = 0; label < row.length; label++) {
                row[label] = all.getFloat();
            }
            logits.add(Logits.of(row));
        }
        return logits;
    }

    static RehearsalState read(SafetensorsFile state, List<String> labels, long offered) {
        List<Remembered> kept = new ArrayList<>();
        ByteBuffer numbers = state.tensor(NUMBERS).data();
        ByteBuffer losses = state.tensor(LOSSES).data();
        List<TrainingExample> examples = TextColumns.read(PREFIX, state, labels);
        List<Logits> logits = logits(state, examples.size());
        for (int i = 0; i < examples.size(); i++) {
            kept.add(new Remembered(examples.get(i), numbers.getLong(), losses.getFloat(), logits.get(i)));
        }
        ByteBuffer tallied = state.tensor(TALLIED).data();
        ByteBuffer seen = state.tensor(SEEN).data();
        ByteBuffer full = state.tensor(FULL).data();
        List<Tally> tallies = new ArrayList<>();
        while (tallied.hasRemaining()) {
            tallies.add(new Tally(labels.get(tallied.getInt()), seen.getLong(), full.getInt() == 1));
        }
        return new RehearsalState(kept, offered, tallies);
    }
}
