package dev.millrace.trainer;

import dev.millrace.model.Classifier;
import dev.millrace.model.Network;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tokenizer;
import dev.millrace.registry.Artifact;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/** Makes models ready to be trained: from the base, or from where their newest version ended. */
final class ModelOpener {

    private final PretrainedModel base;
    private final Network network;
    private final Tokenizer tokenizer;
    private final Recipe recipe;
    private final VersionPolicy policy;
    private final ArtifactStore store;
    private final LongSupplier nanoTime;

    ModelOpener(
            PretrainedModel base,
            Network network,
            Tokenizer tokenizer,
            Recipe recipe,
            VersionPolicy policy,
            ArtifactStore store,
            LongSupplier nanoTime) {
        this.base = base;
        this.network = network;
        this.tokenizer = tokenizer;
        this.recipe = recipe;
        this.policy = policy;
        this.store = store;
        this.nanoTime = nanoTime;
    }

    /**
     * Opens a model.
     *
     * @param model its name
     * @param newest its newest version, or empty when it has none
     * @param beginning the first offset that its partition still has
     * @return the model, with its ledger at the offset where the version ended
     * @throws UncheckedIOException when the version's files are gone or are not what their digests promise
     */
    ModelTraining open(String model, Optional<VersionRecord> newest, long beginning) {
        if (newest.isEmpty()) {
            Learner learner = Learner.fresh(network, base, recipe, nanoTime);
            Checkpoint nothing = new Checkpoint(learner.snapshot(), beginning, null, List.of(), Double.NaN);
            return ModelTraining.from(nothing, learner, model, tokenizer, recipe, policy);
        }
        VersionRecord version = newest.get();
        if (!version.base().equals(base.name())) {
            throw new IllegalStateException(model + " was trained from the base " + version.base() + ", not "
                    + base.name() + ": set trainer.base back, or give the model another name to start anew");
        }
        String frozenLayers = version.settings().getOrDefault(Recipe.FROZEN_LAYERS, "0");
        if (!frozenLayers.equals(Integer.toString(recipe.frozenLayers()))) {
            throw new IllegalStateException(model + " was trained with " + frozenLayers + " frozen layers, not "
                    + recipe.frozenLayers()
                    + ": set trainer.frozen-layers back, or give the model another name to start"
                    + " anew");
        }
        try {
            Checkpoint checkpoint = CheckpointFiles.read(
                    store.fetch(artifact(version, Classifier.WEIGHTS)),
                    store.fetch(artifact(version, CheckpointFiles.TRAINING_STATE)));
            Learner learner = Learner.restored(network, recipe, checkpoint.learner(), nanoTime);
            return ModelTraining.from(checkpoint, learner, model, tokenizer, recipe, policy);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "Training of " + model + " cannot go on from version " + version.version() + ": " + e.getMessage(),
                    e);
        }
    }

    private static Artifact artifact(VersionRecord version, String role) throws IOException {
        return version.artifact(role)
                .orElseThrow(() -> new IOException("its record names no file with the role " + role));
    }
}
