package dev.millrace.trainer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.model.Classifier;
import dev.millrace.model.ClassifierWeights;
import dev.millrace.model.Head;
import dev.millrace.model.ParameterGroup.Part;
import dev.millrace.model.Safetensors;
import dev.millrace.model.SafetensorsFile;
import dev.millrace.model.Tensor;
import dev.millrace.model.Voters;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Checkpoint} as three safetensors files: {@code weights} and {@code voters}, which are served, and {@code
 * training-state}, everything else.
 */
final class CheckpointFiles {

    /** The role of the file that only a trainer needs. */
    static final String TRAINING_STATE = "training-state";

    /** The roles of the files, in the order in which they are written. */
    static final List<String> ROLES = List.of(Classifier.WEIGHTS, Classifier.VOTERS, TRAINING_STATE);

    private static final String AVERAGE = Part.AVERAGE.of("");
    private static final String PROGRESS = "progress";

    /** So that no two models share a file that one of them deletes when it needs it no more. */
    private static final String MODEL = "model";

    private static final List<String> COLUMNS =
            List.of(RehearsalColumns.PREFIX, DriftColumns.PREFIX, HoldoutColumns.PREFIX);

    /**
     * How a training state is written; one more with each change of what is in it. Others are not read, for there is no
     * part of a state without which training would go on as if nothing had happened.
     */
    private static final int FORMAT = 1;

    /** The same with the averaged weights, which are elsewhere only as they are served: rounded. */
    private static final int FORMAT_WITH_AVERAGES = 2;

    private static final ObjectMapper JSON = new ObjectMapper();

    /** Whatever of a checkpoint is no tensor. */
    private record Progress(
            int format,
            long steps,
            long updatedAt,
            long examples,
            long correct,
            long trainingCorrect,
            long offered,
            long suspectedSince,
            long suspectedThrough,
            long raisedThrough,
            long thawedThrough,
            Map<String, String> formerNames,
            List<String> holdoutLabels,
            @Nullable String newestExample,
            double lastLoss,
            int setAsideInARow,
            List<Double> curvature,
            Map<String, Long> votedCorrect,
            Calibration calibration,
            long offeredToVoters,
            Map<String, String> recipe,
            Map<String, String> configured,
            boolean paused,
            boolean frozen) {

        static Progress of(Checkpoint checkpoint) {
            LearnerState learner = checkpoint.learner();
            Steering steering = checkpoint.steering();
            Instant newest = checkpoint.newestExample();
            return new Progress(
                    steering.recipe().roundsServed() ? FORMAT_WITH_AVERAGES : FORMAT,
                    learner.steps(),
                    learner.updatedAt(),
                    learner.score().examples(),
                    learner.score().correct(),
                    learner.score().trainingCorrect(),
                    learner.rehearsal().offered(),
                    learner.drift().suspectedSince(),
                    learner.drift().suspectedThrough(),
                    learner.drift().raisedThrough(),
                    learner.drift().thawedThrough(),
                    new TreeMap<>(learner.formerNames()),
                    HoldoutColumns.labels(learner.holdout()),
                    newest == null ? null : newest.toString(),
                    checkpoint.lastLoss(),
                    checkpoint.setAsideInARow(),
                    learner.voting().weights().curvature(),
                    new TreeMap<>(learner.voting().correct()),
                    learner.voting().calibration(),
                    learner.voting().offered(),
                    steering.recipe().asMap(),
                    steering.configured().asMap(),
                    steering.paused(),
                    steering.frozen());
        }

        Steering steering() {
            return new Steering(Recipe.of(recipe), Recipe.of(configured), paused, frozen);
        }
    }

    private CheckpointFiles() {}

    /** Where the files of a checkpoint are. */
    interface Folder {
        Path file(String role) throws IOException;
    }

    /** {@return the content of each file by its role, in the order of {@link #ROLES}} */
    static Map<String, ArtifactStore.Content> contents(String model, Checkpoint checkpoint) {
        Map<String, ArtifactStore.Content> contents = new LinkedHashMap<>();
        contents.put(Classifier.WEIGHTS, weights(checkpoint)::writeTo);
        contents.put(Classifier.VOTERS, checkpoint.learner().voting().served()::writeTo);
        contents.put(TRAINING_STATE, out -> writeTrainingState(model, checkpoint, out));
        return contents;
    }

    static ClassifierWeights weights(Checkpoint checkpoint) {
        Recipe recipe = checkpoint.steering().recipe();
        List<Tensor> averages = allTensors(checkpoint)
                .filter(tensor -> tensor.name().startsWith(AVERAGE))
                .map(tensor -> renamed(tensor, tensor.name().substring(AVERAGE.length())))
                .toList();
        ClassifierWeights exact = new ClassifierWeights(
                checkpoint.learner().labels(),
                recipe.head(),
                recipe.maxTokens(),
                recipe.adapters().weight(),
                averages);
        return recipe.roundsServed() ? exact.inBfloat16() : exact;
    }

    private static void writeTrainingState(String model, Checkpoint checkpoint, OutputStream out) throws IOException {
        LearnerState learner = checkpoint.learner();
        boolean withAverages = checkpoint.steering().recipe().roundsServed();
        List<Tensor> tensors = new ArrayList<>(allTensors(checkpoint)
                .filter(tensor -> withAverages || !tensor.name().startsWith(AVERAGE))
                .toList());
        Labels labels = new Labels(learner.labels());
        tensors.addAll(RehearsalColumns.write(learner.rehearsal(), labels));
        tensors.addAll(DriftColumns.write(learner.drift(), labels));
        tensors.addAll(HoldoutColumns.write(learner.holdout()));
        tensors.addAll(learner.voting().linear());
        Safetensors.write(
                out, tensors, Map.of(MODEL, model, PROGRESS, JSON.writeValueAsString(Progress.of(checkpoint))));
    }

    /**
     * Reads the files.
     *
     * @param folder finds them
     * @throws IOException when a file is not there or not whole, or the training state was written in another format
     */
    static Checkpoint read(Folder folder) throws IOException {
        ClassifierWeights weights = ClassifierWeights.read(folder.file(Classifier.WEIGHTS));
        Path stateFile = folder.file(TRAINING_STATE);
        SafetensorsFile state = Safetensors.read(stateFile);
        Progress progress = progress(stateFile, state);
        List<Tensor> averages = progress.format == FORMAT_WITH_AVERAGES
                ? List.of()
                : weights.tensors().stream()
                        .map(tensor -> renamed(tensor, AVERAGE + tensor.name()))
                        .toList();
        List<Tensor> all =
                Stream.concat(averages.stream(), state.tensors().stream()).toList();
        LearnerState learner = new LearnerState(
                progress.steps,
                progress.updatedAt,
                new Prequential(progress.examples, progress.correct, progress.trainingCorrect),
                weights.labels(),
                progress.formerNames,
                all.stream()
                        .filter(tensor -> !isHead(tensor) && !isColumn(tensor) && !isVoter(tensor))
                        .toList(),
                all.stream().filter(CheckpointFiles::isHead).toList(),
                RehearsalColumns.read(state, weights.labels(), progress.offered),
                new DriftState(
                        DriftColumns.read(state, weights.labels()),
                        progress.suspectedSince,
                        progress.suspectedThrough,
                        progress.raisedThrough,
                        progress.thawedThrough),
                HoldoutColumns.read(state, progress.holdoutLabels),
                voting(Voters.read(folder.file(Classifier.VOTERS)), state, progress));
        return new Checkpoint(
                learner,
                progress.steering(),
                progress.newestExample == null ? null : Instant.parse(progress.newestExample),
                progress.lastLoss,
                progress.setAsideInARow);
    }

    /** Whether a version's training state is in the store, whole. */
    static boolean isStateThere(ArtifactStore store, VersionRecord version) {
        try {
            store.fetch(version.artifact(TRAINING_STATE).orElseThrow(() -> new IOException("its record names none")));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static Progress progress(Path file, SafetensorsFile state) throws IOException {
        try {
            JsonNode progress = JSON.readTree(state.metadata().getOrDefault(PROGRESS, ""));
            int format = progress.path("format").asInt();
            if (!progress.isObject()) {
                throw new IOException(file + ": the metadata does not describe a training state");
            }
            if (format != FORMAT && format != FORMAT_WITH_AVERAGES) {
                throw new IOException(file + " is a training state of format " + format + ", and this Millrace reads "
                        + FORMAT + " and " + FORMAT_WITH_AVERAGES
                        + " alone. What is published is served as before; to train on, use the Millrace that"
                        + " wrote it, or give the model another name to start anew");
            }
            return JSON.treeToValue(progress, Progress.class);
        } catch (JsonProcessingException | IllegalArgumentException e) {
            throw new IOException(file + ": the metadata does not describe a training state: " + e.getMessage(), e);
        }
    }

    private static Stream<Tensor> allTensors(Checkpoint checkpoint) {
        return Stream.concat(checkpoint.learner().encoder().stream(), checkpoint.learner().head().stream());
    }

    private static boolean isHead(Tensor tensor) {
        return Head.owns(tensor.name().substring(tensor.name().indexOf('/') + 1));
    }

    private static boolean isColumn(Tensor tensor) {
        return COLUMNS.stream().anyMatch(tensor.name()::startsWith);
    }

    private static boolean isVoter(Tensor tensor) {
        return LinearVoter.NAMES.contains(tensor.name());
    }

    private static VotingState voting(Voters served, SafetensorsFile state, Progress progress) {
        return new VotingState(
                served,
                state.tensors().stream().filter(CheckpointFiles::isVoter).toList(),
                new PoolWeights(served.pool().weights(), progress.curvature),
                progress.votedCorrect,
                progress.calibration,
                progress.offeredToVoters);
    }

    private static Tensor renamed(Tensor tensor, String name) {
        return new Tensor(name, tensor.type(), tensor.shape(), tensor.data());
    }
}
