package dev.millrace.trainer;

import dev.millrace.model.Adapters;
import dev.millrace.model.Compute;
import dev.millrace.model.Network;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tokenizer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * A part of a base, and what is made of it for jobs: a network for each way of training it, of which all share embeddings,
 * frozen layers and what these made of texts, and a tokenizer for each bound of tokens. Not thread-safe.
 */
final class SharedBase implements AutoCloseable {

    private record Shape(int frozenLayers, Adapters adapters) {}

    private final PretrainedModel kept;
    private final Compute compute;
    private final Map<Shape, Network> networks = new LinkedHashMap<>();
    private final Map<Integer, Tokenizer> tokenizers = new TreeMap<>();

    SharedBase(PretrainedModel kept, Compute compute) {
        this.kept = kept;
        this.compute = compute;
    }

    /** What a model is trained with that follows a recipe; it lives as long as this. */
    Workbench of(Recipe recipe) {
        Shape shape = new Shape(recipe.frozenLayers(), recipe.adapters());
        Network network = networks.get(shape);
        if (network == null) {
            network = networks.isEmpty()
                    ? recipe.network(kept, compute)
                    : networks.values().iterator().next().beside(shape.frozenLayers(), shape.adapters());
            networks.put(shape, network);
        }
        return new Workbench(kept, network, tokenizers.computeIfAbsent(recipe.maxTokens(), kept::tokenizer), recipe);
    }

    @Override
    public void close() {
        networks.values().forEach(Network::close);
        tokenizers.values().forEach(Tokenizer::close);
    }
}
