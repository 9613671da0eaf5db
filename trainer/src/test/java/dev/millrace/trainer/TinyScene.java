package dev.millrace.trainer;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.model.Network;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tokenizer;
import java.util.ArrayList;
import java.util.List;

/** The tiny base in native memory, learners on it, and the help desk's examples in mini-batches. */
final class TinyScene implements AutoCloseable {

    final PretrainedModel base = TinyBase.model();
    final Network network = Network.load(base, TinyBase.CPU, 0);
    final Tokenizer tokenizer = Tokenizer.of(base.tokenizerJson(), 32);

    Learner fresh(Recipe recipe) {
        return Learner.fresh(network, base, recipe, () -> 0);
    }

    Workbench bench(Recipe recipe) {
        return new Workbench(base, network, tokenizer, recipe);
    }

    Learner restored(Recipe recipe, LearnerState state) {
        return Learner.restored(network, recipe, state, () -> 0);
    }

    TrainingExample example(String text, String label) {
        return new TrainingExample(tokenizer.encode(text), label, 1);
    }

    /** Mini-batches of the size of {@link TinyRecipe}. */
    List<List<TrainingExample>> batches(int count, long seed) {
        List<TrainingExample> examples = new ArrayList<>();
        for (LabelledExample example : HelpDesk.examples("support", count * TinyRecipe.BATCH, seed)) {
            examples.add(example(example.text(), example.label()));
        }
        List<List<TrainingExample>> batches = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            batches.add(examples.subList(i * TinyRecipe.BATCH, (i + 1) * TinyRecipe.BATCH));
        }
        return batches;
    }

    @Override
    public void close() {
        tokenizer.close();
        network.close();
    }
}
