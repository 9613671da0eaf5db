package dev.millrace.trainer;

import dev.millrace.model.Network;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tokenizer;

/** A base, loaded once for all simulated trainers of a test. */
final class Workshop implements AutoCloseable {

    final PretrainedModel base = TinyBase.light();
    final Network network = Network.load(base, TinyBase.CPU, 0);
    final Tokenizer tokenizer =
            Tokenizer.of(base.tokenizerJson(), TinyRecipe.standard().maxTokens());

    @Override
    public void close() {
        tokenizer.close();
        network.close();
    }
}
