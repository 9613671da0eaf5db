package dev.millrace.trainer;

import dev.millrace.model.SafetensorsFile;
import dev.millrace.model.Tensor;
import dev.millrace.trainer.Adwin.Bucket;
import dev.millrace.trainer.DriftState.Window;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The windows of a {@link DriftState} as columns of a training state. */
final class DriftColumns {

    static final String PREFIX = "drift/";

    private static final String LABELS = PREFIX + "labels";
    private static final String LENGTHS = PREFIX + "lengths";
    private static final String FIRST = PREFIX + "first";
    private static final String SIZES = PREFIX + "sizes";
    private static final String ERRORS = PREFIX + "errors";

    /** Stands for the window over all labels. */
    private static final int ALL = -1;

    private DriftColumns() {}

    static List<Tensor> write(DriftState state, Labels labels) {
        List<Bucket> buckets = state.windows().stream()
                .flatMap(window -> window.buckets().stream())
                .toList();
        return List.of(
                Column.of(
                        LABELS,
                        state.windows().stream()
                                .mapToInt(window -> index(window.label(), labels))
                                .toArray()),
                Column.of(
                        LENGTHS,
                        state.windows().stream()
                                .mapToInt(window -> window.buckets().size())
                                .toArray()),
                Column.of(FIRST, buckets.stream().mapToLong(Bucket::first).toArray()),
                Column.of(SIZES, buckets.stream().mapToLong(Bucket::size).toArray()),
                Column.of(ERRORS, buckets.stream().mapToLong(Bucket::errors).toArray()));
    }

    private static int index(@Nullable String label, Labels labels) {
        return label == null ? ALL : labels.indexOf(label);
    }

    /** Reads the windows; the numbers are the caller's. */
    static List<Window> read(SafetensorsFile state, List<String> labels) {
        ByteBuffer owners = state.tensor(LABELS).data();
        ByteBuffer lengths = state.tensor(LENGTHS).data();
        ByteBuffer first = state.tensor(FIRST).data();
        ByteBuffer sizes = state.tensor(SIZES).data();
        ByteBuffer errors = state.tensor(ERRORS).data();
        List<Window> windows = new ArrayList<>();
        while (owners.hasRemaining()) {
            int owner = owners.getInt();
            List<Bucket> buckets = new ArrayList<>();
            for (int left = lengths.getInt(); left > 0; left--) {
                buckets.add(new Bucket(first.getLong(), sizes.getLong(), errors.getLong()));
            }
            windows.add(new Window(owner == ALL ? null : labels.get(owner), buckets));
        }
        return windows;
    }
}
