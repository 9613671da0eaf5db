package dev.millrace.trainer;

import dev.millrace.model.SafetensorsFile;
import dev.millrace.model.Tensor;
import java.util.List;

/** The window of a {@link Holdout} as columns of a training state. Its labels need not be known to the model. */
final class HoldoutColumns {

    static final String PREFIX = "holdout/";

    private HoldoutColumns() {}

    static List<String> labels(List<TrainingExample> window) {
        return window.stream().map(TrainingExample::label).distinct().toList();
    }

    static List<Tensor> write(List<TrainingExample> window) {
        return TextColumns.write(PREFIX, window, labels(window)::indexOf);
    }

    static List<TrainingExample> read(SafetensorsFile state, List<String> labels) {
        return TextColumns.read(PREFIX, state, labels);
    }
}
