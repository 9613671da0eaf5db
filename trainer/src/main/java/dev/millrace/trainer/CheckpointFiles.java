package dev.millrace.trainer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.model.Classifier;
import dev.millrace.model.ClassifierWeights;
import dev.millrace.model.Head;
import dev.millrace.model.ParameterGroup.Part;
import dev.millrace.model.Safetensors;
import dev.millrace.model.SafetensorsFile;
import dev.millrace.model.Tensor;
import dev.millrace.model.Tensor.ElementType;
import dev.millrace.model.TokenIds;
import dev.millrace.model.Voters;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
    private static final String TOKENS = "rehearsal/tokens";
    private static final String LENGTHS = "rehearsal/lengths";
    private static final String TARGETS = "rehearsal/labels";
    private static final String WEIGHTS = "rehearsal/weights";
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Whatever of a checkpoint is no tensor. */
    private record Progress(
            long steps,
            long examples,
            long correct,
            long trainingCorrect,
            long offered,
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
                    learner.steps(),
                    learner.score().examples(),
                    learner.score().correct(),
                    learner.score().trainingCorrect(),
                    learner.offered(),
                    newest == null ? null : newest.toString(),
                    checkpoint.lastLoss(),
                    checkpoint.setAsideInARow(),
                    learner.voting().weights().curvature(),
                    learner.voting().correct(),
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
    static Map<String, ArtifactStore.Content> contents(Checkpoint checkpoint) {
        Map<String, ArtifactStore.Content> contents = new LinkedHashMap<>();
        contents.put(Classifier.WEIGHTS, weights(checkpoint)::writeTo);
        contents.put(Classifier.VOTERS, checkpoint.learner().voting().served()::writeTo);
        contents.put(TRAINING_STATE, out -> writeTrainingState(checkpoint, out));
        return contents;
    }

    static ClassifierWeights weights(Checkpoint checkpoint) {
        Recipe recipe = checkpoint.steering().recipe();
        List<Tensor> averages = allTensors(checkpoint)
                .filter(tensor -> tensor.name().startsWith(AVERAGE))
                .map(tensor -> renamed(tensor, tensor.name().substring(AVERAGE.length())))
                .toList();
        return new ClassifierWeights(
                checkpoint.learner().labels(),
                recipe.head(),
                recipe.maxTokens(),
                recipe.adapters().weight(),
                averages);
    }

    private static void writeTrainingState(Checkpoint checkpoint, OutputStream out) throws IOException {
        LearnerState learner = checkpoint.learner();
        List<Tensor> tensors = new ArrayList<>(allTensors(checkpoint)
                .filter(tensor -> !tensor.name().startsWith(AVERAGE))
                .toList());
        tensors.addAll(rehearsal(learner));
        tensors.addAll(learner.voting().linear());
        Safetensors.write(out, tensors, Map.of(PROGRESS, JSON.writeValueAsString(Progress.of(checkpoint))));
    }

    /**
     * Reads the files.
     *
     * @param folder finds them
     * @param hasVoters whether there is a file of voters: older versions have none
     */
    static Checkpoint read(Folder folder, boolean hasVoters) throws IOException {
        ClassifierWeights weights = ClassifierWeights.read(folder.file(Classifier.WEIGHTS));
        Path stateFile = folder.file(TRAINING_STATE);
        SafetensorsFile state = Safetensors.read(stateFile);
        Progress progress = progress(stateFile, state);
        List<Tensor> averages = weights.tensors().stream()
                .map(tensor -> renamed(tensor, AVERAGE + tensor.name()))
                .toList();
        List<Tensor> all =
                Stream.concat(averages.stream(), state.tensors().stream()).toList();
        LearnerState learner = new LearnerState(
                progress.steps,
                new Prequential(progress.examples, progress.correct, progress.trainingCorrect),
                weights.labels(),
                all.stream()
                        .filter(tensor -> !isHead(tensor) && !isRehearsal(tensor) && !isVoter(tensor))
                        .toList(),
                all.stream().filter(CheckpointFiles::isHead).toList(),
                rehearsed(state, weights.labels()),
                progress.offered,
                hasVoters ? voting(Voters.read(folder.file(Classifier.VOTERS)), state, progress) : VotingState.NOBODY);
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
            return JSON.readValue(state.metadata().getOrDefault(PROGRESS, ""), Progress.class);
        } catch (JsonProcessingException e) {
            throw new IOException(file + ": the metadata does not describe a training state: " + e.getMessage(), e);
        }
    }

    private static Stream<Tensor> allTensors(Checkpoint checkpoint) {
        return Stream.concat(checkpoint.learner().encoder().stream(), checkpoint.learner().head().stream());
    }

    private static boolean isHead(Tensor tensor) {
        return Head.owns(tensor.name().substring(tensor.name().indexOf('/') + 1));
    }

    private static boolean isRehearsal(Tensor tensor) {
        return List.of(TOKENS, LENGTHS, TARGETS, WEIGHTS).contains(tensor.name());
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

    private static List<Tensor> rehearsal(LearnerState learner) {
        Labels labels = new Labels(learner.labels());
        int tokens = learner.past().stream()
                .mapToInt(example -> example.tokens().length())
                .sum();
        int count = learner.past().size();
        ByteBuffer ids = littleEndian(tokens * Integer.BYTES);
        ByteBuffer lengths = littleEndian(count * Integer.BYTES);
        ByteBuffer targets = littleEndian(count * Integer.BYTES);
        ByteBuffer weights = littleEndian(count * Double.BYTES);
        for (TrainingExample example : learner.past()) {
            for (int i = 0; i < example.tokens().length(); i++) {
                ids.putInt(example.tokens().get(i));
            }
            lengths.putInt(example.tokens().length());
            targets.putInt(labels.indexOf(example.label()));
            weights.putDouble(example.weight());
        }
        return List.of(
                new Tensor(TOKENS, ElementType.I32, List.of((long) tokens), ids.flip()),
                new Tensor(LENGTHS, ElementType.I32, List.of((long) count), lengths.flip()),
                new Tensor(TARGETS, ElementType.I32, List.of((long) count), targets.flip()),
                new Tensor(WEIGHTS, ElementType.F64, List.of((long) count), weights.flip()));
    }

    private static List<TrainingExample> rehearsed(SafetensorsFile state, List<String> labels) {
        ByteBuffer ids = state.tensor(TOKENS).data();
        ByteBuffer lengths = state.tensor(LENGTHS).data();
        ByteBuffer targets = state.tensor(TARGETS).data();
        ByteBuffer weights = state.tensor(WEIGHTS).data();
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

    private static ByteBuffer littleEndian(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
