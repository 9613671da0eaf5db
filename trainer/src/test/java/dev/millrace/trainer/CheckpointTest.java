package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.model.ClassifierWeights;
import dev.millrace.model.ParameterGroup.Part;
import dev.millrace.model.Safetensors;
import dev.millrace.model.SafetensorsFile;
import dev.millrace.model.Tensor;
import dev.millrace.model.TokenIds;
import dev.millrace.trainer.RehearsalState.Tally;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTest {

    private static final long HALF = 80;
    private static final long END = 160;

    @TempDir
    Path folder;

    @Test
    void bringsBackAllThatTheFoldNeeds() throws IOException {
        // 83 examples: the last mini-batch of 3 is closed early, so that there is a boundary to remember.
        Snapshot snapshot = ResumedRun.train(Optional.empty(), 0, 83);
        Checkpoint written = snapshot.checkpoint();
        ResumedRun.write(written, folder);
        Checkpoint read = ResumedRun.read(folder);

        // As true or false, for a difference spelled out would be a page of tensors.
        assertThat(sorted(read).equals(sorted(written))).isTrue();

        // That the two are equal says nothing if they are empty: each part is there.
        assertThat(snapshot.nextOffset()).isEqualTo(83);
        assertThat(snapshot.lineage().earlyBoundaries()).containsExactly(83L);
        assertThat(written.steering()).isEqualTo(Steering.by(TinyRecipe.standard()));
        assertThat(written.newestExample()).isEqualTo(HelpDesk.START.plusSeconds(82));
        assertThat(written.lastLoss()).isPositive();
        LearnerState learner = written.learner();
        assertThat(learner.steps()).isEqualTo(11);
        assertThat(learner.score().examples()).isEqualTo(83);
        assertThat(learner.score().correct()).isPositive();
        assertThat(learner.labels()).hasSizeGreaterThan(2);
        assertThat(learner.rehearsal().kept()).hasSize(64);
        assertThat(learner.rehearsal().offered()).isEqualTo(83);
        assertThat(learner.encoder()).hasSize(Part.values().length * 32);
        assertThat(learner.head()).hasSize(Part.values().length);
        for (Part part : Part.values()) {
            assertThat(read.learner().head())
                    .filteredOn(tensor -> tensor.name().startsWith(part.of("")))
                    .singleElement()
                    .satisfies(tensor -> assertThat(isZero(tensor)).isEqualTo(part == Part.GRADIENT));
        }
    }

    @Test
    void keepsEachByteOnce() throws IOException {
        ResumedRun.write(trained(8), folder);
        Checkpoint read = ResumedRun.read(folder);

        long tensors = 0;
        for (Tensor tensor : allTensors(read)) {
            tensors += tensor.data().remaining();
        }
        long files = Files.size(folder.resolve(ResumedRun.WEIGHTS)) + Files.size(folder.resolve(ResumedRun.STATE));
        assertThat(files).isBetween(tensors, tensors + 40_000);
    }

    @Test
    void keepsTokensLabelsAndWeightsOfTheRehearsal() throws IOException {
        Checkpoint real = trained(8);
        LearnerState learner = real.learner();
        RehearsalState rehearsal = new RehearsalState(
                List.of(
                        new Remembered(
                                new TrainingExample(
                                        TokenIds.of(101, 7, 102),
                                        learner.labels().get(1),
                                        0.1),
                                7,
                                0.5f,
                                Logits.of(new float[] {Float.NaN, -1e-9f})),
                        new Remembered(
                                new TrainingExample(
                                        TokenIds.of(101), learner.labels().get(0), 1e300),
                                3,
                                1e-9f,
                                Logits.NONE)),
                Long.MAX_VALUE,
                List.of(
                        new Tally(learner.labels().get(0), 1L << 40, false),
                        new Tally(learner.labels().get(1), 1, true)));
        Checkpoint written = new Checkpoint(
                new LearnerState(
                        learner.steps(),
                        learner.updatedAt(),
                        learner.score(),
                        learner.labels(),
                        learner.formerNames(),
                        learner.encoder(),
                        learner.head(),
                        rehearsal,
                        learner.drift(),
                        learner.holdout(),
                        learner.voting()),
                new Steering(real.steering().recipe(), TinyRecipe.with(7, 0, 3), true, true),
                null,
                Double.NaN,
                2);
        ResumedRun.write(written, folder);

        Checkpoint read = ResumedRun.read(folder);
        assertThat(read.learner().rehearsal()).isEqualTo(rehearsal);
        assertThat(read.newestExample()).isNull();
        assertThat(read.steering()).isEqualTo(written.steering());
        assertThat(read.lastLoss()).isNaN();
        assertThat(read.setAsideInARow()).isEqualTo(2);
    }

    @Test
    @Timeout(120)
    void givesTheSameBytesStraightResumedAndResumedInAnotherProcess(@TempDir Path half, @TempDir Path child)
            throws IOException, InterruptedException {
        ResumedRun.write(trained(HALF), half);

        ResumedRun.write(trained(END), folder);
        String weights = sha256(folder.resolve(ResumedRun.WEIGHTS));
        String state = sha256(folder.resolve(ResumedRun.STATE));
        assertThat(weights).isNotEqualTo(sha256(half.resolve(ResumedRun.WEIGHTS)));

        ResumedRun.write(
                ResumedRun.train(Optional.of(ResumedRun.read(half)), HALF, END).checkpoint(), folder);
        assertThat(sha256(folder.resolve(ResumedRun.WEIGHTS))).isEqualTo(weights);
        assertThat(sha256(folder.resolve(ResumedRun.STATE))).isEqualTo(state);

        resumeInAnotherProcess(half, child);
        assertThat(sha256(child.resolve(ResumedRun.WEIGHTS))).isEqualTo(weights);
        assertThat(sha256(child.resolve(ResumedRun.STATE))).isEqualTo(state);
    }

    @Test
    void goesOnFromTheExactWeightsWhereTheServedOnesAreRounded() throws IOException {
        Checkpoint exact = trained(8);
        Checkpoint rounding = new Checkpoint(
                exact.learner(),
                Steering.by(exact.steering().recipe().with(Map.of("serving-precision", "bfloat16"))),
                exact.newestExample(),
                exact.lastLoss(),
                exact.setAsideInARow());
        ResumedRun.write(exact, Files.createDirectory(folder.resolve("exact")));
        ResumedRun.write(rounding, folder);

        Checkpoint read = ResumedRun.read(folder);
        assertThat(ResumedRun.digest(read)).isEqualTo(ResumedRun.digest(rounding));
        // Whoever sets it back has the same files again.
        Checkpoint back = new Checkpoint(
                read.learner(), exact.steering(), read.newestExample(), read.lastLoss(), read.setAsideInARow());
        assertThat(ResumedRun.digest(back)).isEqualTo(ResumedRun.digest(exact));

        assertThat(Safetensors.read(folder.resolve(ResumedRun.WEIGHTS)).tensors())
                .isNotEmpty()
                .allMatch(tensor -> tensor.type() == Tensor.ElementType.BF16);
        ClassifierWeights served = ClassifierWeights.read(folder.resolve(ResumedRun.WEIGHTS));
        ClassifierWeights unrounded =
                ClassifierWeights.read(folder.resolve("exact").resolve(ResumedRun.WEIGHTS));
        for (int i = 0; i < served.tensors().size(); i++) {
            FloatBuffer near = served.tensors().get(i).data().asFloatBuffer();
            FloatBuffer right = unrounded.tensors().get(i).data().asFloatBuffer();
            while (right.hasRemaining()) {
                float value = right.get();
                assertThat(near.get()).isCloseTo(value, within(Math.abs(value) / 256));
            }
        }
    }

    @Test
    void refusesATrainingStateThatDoesNotSayHowFarItIs() throws IOException {
        ResumedRun.write(trained(8), folder);
        Path weights = folder.resolve(ResumedRun.WEIGHTS);

        assertThatThrownBy(() -> CheckpointFiles.read(role -> weights))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("does not describe a training state");
    }

    @Test
    void refusesATrainingStateOfAnotherFormat() throws IOException {
        ResumedRun.write(trained(8), folder);
        Path file = folder.resolve(ResumedRun.STATE);
        SafetensorsFile state = Safetensors.read(file);
        String progress = state.metadata().getOrDefault("progress", "");
        for (String other : List.of("\"format\":0", "\"format\":3", "\"form\":1")) {
            String changed = progress.replace("\"format\":1", other);
            assertThat(changed).isNotEqualTo(progress);
            Files.delete(file); // its tensors are mapped
            try (OutputStream out = Files.newOutputStream(file)) {
                Safetensors.write(out, state.tensors(), Map.of("progress", changed));
            }
            assertThatThrownBy(() -> ResumedRun.read(folder))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("is a training state of format " + (other.contains("3") ? 3 : 0))
                    .hasMessageContaining("this Millrace reads 1 and 2 alone")
                    .hasMessageContaining("give the model another name to start anew");
        }
    }

    /** Whoever has to change this also has to raise the number of the format. */
    @Test
    void writesWhatItsFormatSays() throws IOException {
        ResumedRun.write(trained(8), folder);
        SafetensorsFile state = Safetensors.read(folder.resolve(ResumedRun.STATE));
        Set<String> columns = new TreeSet<>();
        for (Tensor tensor : state.tensors()) {
            int end = tensor.name().indexOf('/');
            boolean parameter =
                    Stream.of(Part.values()).anyMatch(part -> tensor.name().startsWith(part.of("")));
            columns.add(parameter ? tensor.name().substring(0, end) : tensor.name());
        }
        assertThat(columns)
                .containsExactly(
                        "drift/errors",
                        "drift/first",
                        "drift/labels",
                        "drift/lengths",
                        "drift/sizes",
                        "first_moment",
                        "gradient",
                        "holdout/labels",
                        "holdout/lengths",
                        "holdout/tokens",
                        "holdout/weights",
                        "linear-voter/counts",
                        "linear-voter/means",
                        "linear-voter/scatter",
                        "linear-voter/solutions",
                        "linear-voter/tallies",
                        "rehearsal/full",
                        "rehearsal/labels",
                        "rehearsal/lengths",
                        "rehearsal/losses",
                        "rehearsal/numbers",
                        "rehearsal/seen",
                        "rehearsal/tallied",
                        "rehearsal/tokens",
                        "rehearsal/weights",
                        "second_moment",
                        "updates",
                        "value");
        List<String> fields = new ArrayList<>();
        new ObjectMapper()
                .readTree(state.metadata().getOrDefault("progress", ""))
                .fieldNames()
                .forEachRemaining(fields::add);
        assertThat(fields)
                .containsExactly(
                        "format",
                        "steps",
                        "updatedAt",
                        "examples",
                        "correct",
                        "trainingCorrect",
                        "offered",
                        "suspectedSince",
                        "suspectedThrough",
                        "raisedThrough",
                        "thawedThrough",
                        "formerNames",
                        "holdoutLabels",
                        "newestExample",
                        "lastLoss",
                        "setAsideInARow",
                        "curvature",
                        "votedCorrect",
                        "calibration",
                        "offeredToVoters",
                        "recipe",
                        "configured",
                        "paused",
                        "frozen");
    }

    private static Checkpoint trained(long examples) {
        return ResumedRun.train(Optional.empty(), 0, examples).checkpoint();
    }

    private static void resumeInAnotherProcess(Path from, Path to) throws IOException, InterruptedException {
        Path log = to.resolve("log");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        ResumedRun.class.getName(),
                        from.toString(),
                        Long.toString(HALF),
                        Long.toString(END),
                        to.toString())
                .redirectErrorStream(true)
                .redirectOutput(new File(log.toString()))
                .start();
        try {
            assertThat(process.waitFor(100, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.exitValue()).as(Files.readString(log)).isZero();
    }

    private static VotingState sorted(VotingState voting) {
        return new VotingState(
                voting.served(),
                sorted(voting.linear()),
                voting.weights(),
                voting.correct(),
                voting.calibration(),
                voting.offered());
    }

    /** Tensors are found by their names; the order in which the files keep them says nothing. */
    private static Checkpoint sorted(Checkpoint checkpoint) {
        LearnerState learner = checkpoint.learner();
        return new Checkpoint(
                new LearnerState(
                        learner.steps(),
                        learner.updatedAt(),
                        learner.score(),
                        learner.labels(),
                        learner.formerNames(),
                        sorted(learner.encoder()),
                        sorted(learner.head()),
                        learner.rehearsal(),
                        learner.drift(),
                        learner.holdout(),
                        sorted(learner.voting())),
                checkpoint.steering(),
                checkpoint.newestExample(),
                checkpoint.lastLoss(),
                checkpoint.setAsideInARow());
    }

    private static List<Tensor> sorted(List<Tensor> tensors) {
        return tensors.stream().sorted(Comparator.comparing(Tensor::name)).toList();
    }

    private static List<Tensor> allTensors(Checkpoint checkpoint) {
        List<Tensor> all = new ArrayList<>(checkpoint.learner().encoder());
        all.addAll(checkpoint.learner().head());
        return all;
    }

    private static boolean isZero(Tensor tensor) {
        ByteBuffer data = tensor.data();
        while (data.hasRemaining()) {
            if (data.get() != 0) {
                return false;
            }
        }
        return true;
    }

    private static String sha256(Path file) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
