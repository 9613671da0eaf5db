package dev.millrace.trainer;

import dev.millrace.model.SafetensorsFile;
import dev.millrace.model.Tensor;
import dev.millrace.model.TokenIds;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/** Examples as columns of a training state: their tokens, labels and weights. */
final class TextColumns {

    private TextColumns() {}

    /**
     * Writes.
     *
     * @param prefix of the names of the columns
     * @param indexOf the number that stands for a label
     */
    static List<Tensor> write(String prefix, List<TrainingExample> examples, ToIntFunction<String> indexOf) {
        return List.of(
                Column.of(
                        prefix + "tokens",
                        examples.stream()
                                .map(TrainingExample::tokens)
                                .flatMapToInt(TextColumns::ids)
                                .toArray()),
                Column.of(
                        prefix + "lengths",
                        examples.stream()
                                .mapToInt(example -> example.tokens().length())
                                .toArray()),
                Column.of(
                        prefix + "labels",
                        examples.stream()
                                .map(TrainingExample::label)
                                .mapToInt(indexOf)
                                .toArray()),
                Column.of(
                        prefix + "weights",
                        examples.stream().mapToDouble(TrainingExample::weight).toArray()));
    }

    private static IntStream ids(TokenIds tokens) {
        return IntStream.range(0, tokens.length()).map(tokens::get);
    }

    static List<TrainingExample> read(String prefix, SafetensorsFile state, List<String> labels) {
        ByteBuffer ids = state.tensor(prefix + "tokens").data();
        ByteBuffer lengths = state.tensor(prefix + "lengths").data();
        ByteBuffer targets = state.tensor(prefix + "labels").data();
        ByteBuffer weights = state.tensor(prefix + "weights").data();
        List<TrainingExample> examples = new ArrayList<>();
        while (lengths.hasRemaining()) {
            int[] tokens = new int[lengths.getInt()];
            for (int i = 0; i < tokens.length; i++) {
                tokens[i] = ids.getInt();
            }
            examples.add(new TrainingExample(TokenIds.of(tokens), labels.get(targets.getInt()), weights.getDouble()));
        }
        return examples;
    }
}
