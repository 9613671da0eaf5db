package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.model.Classifier;
import dev.millrace.model.ClassifierWeights;
import dev.millrace.model.Head;
import dev.millrace.model.Network;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tensor;
import dev.millrace.model.Tokenizer;
import dev.millrace.registry.Alias;
import dev.millrace.registry.Artifact;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.FolderArtifactStore;
import dev.millrace.registry.Lineage;
import dev.millrace.registry.Lineage.Intervention;
import dev.millrace.registry.LogPosition;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.RegistryJson;
import dev.millrace.registry.Verdict;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GateTest {

    private static final Recipe RECIPE = TinyRecipe.with(Map.of("voters", "none"));
    private static final long CHAMPION = 1;

    @TempDir
    Path folder;

    private static final PretrainedModel BASE = TinyBase.model();

    /** What the champion of every test has learned. */
    private static LearnerState state;

    private final List<TrainingExample> window = new ArrayList<>();

    /** Time goes by evenly, however busy the machine is. */
    private final AtomicLong nanos = new AtomicLong();

    private ArtifactStore store;
    private ClassifierWeights weights;
    private VersionRecord champion;
    private Gate gate;
    private ModelRegistry registry = ModelRegistry.empty();

    @BeforeAll
    static void train() {
        state = trained(null, 640, 1);
    }

    @BeforeEach
    void publishAChampion() throws IOException {
        store = FolderArtifactStore.open(folder);
        gate = new Gate(
                GateRules.STANDARD,
                store,
                new Examiner(store, TinyBase.CPU, nanos::incrementAndGet),
                () -> registry,
                Clock.systemUTC());
        weights = weights(state);
        champion = record(CHAMPION, weights, baseFile(Classifier.BASE));
        Alias alias =
                new Alias("support", Alias.CHAMPION, CHAMPION, null, champion.time(), Gate.NAME, "the first version");
        registry = registry.with(0, "support/1".getBytes(StandardCharsets.UTF_8), RegistryJson.write(champion))
                .with(1, "support@champion".getBytes(StandardCharsets.UTF_8), RegistryJson.write(alias));
        try (Tokenizer tokenizer = Tokenizer.of(BASE.tokenizerJson(), RECIPE.maxTokens())) {
            HelpDesk.examples("held-out", 600, 99).stream()
                    .skip(300)
                    .map(example -> encoded(tokenizer, example))
                    .forEach(window::add);
        }
    }

    private static TrainingExample encoded(Tokenizer tokenizer, LabelledExample example) {
        return new TrainingExample(tokenizer.encode(example.text()), example.label(), 1);
    }

    /** What a learner knows after a stretch of a stream. */
    private static LearnerState trained(@Nullable LearnerState from, int examples, long seed) {
        try (Network network = RECIPE.network(BASE, TinyBase.CPU);
                Tokenizer tokenizer = Tokenizer.of(BASE.tokenizerJson(), RECIPE.maxTokens());
                Learner learner = from == null
                        ? Learner.fresh(network, BASE, RECIPE, () -> 0)
                        : Learner.restored(network, RECIPE, from, () -> 0)) {
            List<TrainingExample> all = HelpDesk.examples("support", 2 * examples, seed).stream()
                    .skip(from == null ? 0 : examples)
                    .map(example -> encoded(tokenizer, example))
                    .toList();
            for (int i = 0; i + TinyRecipe.BATCH <= all.size(); i += TinyRecipe.BATCH) {
                learner.learn(all.subList(i, i + TinyRecipe.BATCH));
            }
            return learner.snapshot();
        }
    }

    private static ClassifierWeights weights(LearnerState state) {
        return CheckpointFiles.weights(new Checkpoint(state, Steering.by(RECIPE), null, 0, 0));
    }

    private VersionRecord record(long number, ClassifierWeights of, Artifact baseFile, Intervention... done)
            throws IOException {
        List<Artifact> artifacts = new ArrayList<>(List.of(baseFile, store.put(Classifier.WEIGHTS, of::writeTo)));
        for (String role : List.of(Classifier.CONFIG, Classifier.TOKENIZER)) {
            artifacts.add(baseFile(role));
        }
        return new VersionRecord(
                "support",
                number,
                HelpDesk.START,
                number == CHAMPION ? null : CHAMPION,
                BASE.name(),
                artifacts,
                of.labels(),
                new LogPosition("training-examples", 0, 100 * number),
                100 * number,
                10 * number,
                null,
                Map.of(),
                "",
                Map.of(),
                Map.of(),
                new Lineage(0, List.of(done), List.of(), List.of()));
    }

    private Artifact baseFile(String role) throws IOException {
        return store.put(role, Objects.requireNonNull(BaseFiles.contents(BASE).get(role)));
    }

    private Verdict judge(ClassifierWeights candidate, Intervention... done) throws IOException {
        Artifact sameBase = champion.artifact(Classifier.BASE).orElseThrow();
        return gate.judge(record(2, candidate, sameBase, done), window).verdict();
    }

    private static String failed(Verdict verdict) {
        assertThat(verdict.passed()).isFalse();
        return verdict.findings().stream()
                .filter(finding -> !finding.passed())
                .findFirst()
                .orElseThrow()
                .rule();
    }

    @Test
    void refusesEachOfAHundredHarmedVersions() throws IOException {
        Random random = new Random(7);
        for (int i = 0; i < 25; i++) {
            assertThat(failed(judge(shuffled(random)))).as("shuffled labels").isEqualTo("accuracy");
            assertThat(failed(judge(withRow(random, Float.NaN))))
                    .as("a row of NaN")
                    .isEqualTo("weights");
            assertThat(failed(judge(withoutALabel(random))))
                    .as("a label erased")
                    .isIn("labels", "weights", "accuracy", "recall");
            Verdict stale =
                    gate.judge(record(2, weights, otherBase(random)), window).verdict();
            assertThat(failed(stale)).as("a stale base").isEqualTo("base");
        }
    }

    @Test
    void passesTwentyHonestVersions() throws IOException {
        for (int seed = 2; seed < 22; seed++) {
            Verdict verdict = judge(weights(trained(state, 80, seed)));
            assertThat(verdict.findings()).as("seed %s", seed).allMatch(Verdict.Finding::passed);
            assertThat(verdict.champion()).isEqualTo(CHAMPION);
            assertThat(verdict.findings())
                    .extracting(Verdict.Finding::rule)
                    .containsExactly(
                            "weights", "base", "labels", "size", "accuracy", "recall", "calibration", "latency");
        }
    }

    @Test
    void theFirstVersionHasNobodyToBeComparedWith() throws IOException {
        registry = ModelRegistry.empty();
        Verdict verdict = judge(weights);
        assertThat(verdict.champion()).isNull();
        assertThat(verdict.passed()).isTrue();
        assertThat(failed(judge(withRow(new Random(1), Float.NaN)))).isEqualTo("weights");
    }

    @Test
    void withoutAHoldoutItSaysSoAndAsksTheRest() throws IOException {
        window.clear();
        assertThat(judge(shuffled(new Random(3))).findings().get(4).reason())
                .isEqualTo("0 examples are held out, and 50 are needed to compare answers");
        assertThat(failed(judge(withRow(new Random(1), Float.NaN)))).isEqualTo("weights");
    }

    @Test
    void aLabelMayGoThatSomebodyRetired() throws IOException {
        ClassifierWeights fewer = cut(2);
        Intervention retired = new Intervention(
                50, "retire-label", Map.of("label", weights.labels().get(2)), HelpDesk.START, "ann", "no longer used");
        assertThat(judge(fewer).findings().get(2).passed()).isFalse();
        assertThat(judge(fewer, retired).findings().get(2).passed()).isTrue();
    }

    @Test
    void whatHadToForgetReplacesTheChampionEvenIfItIsWorse() throws IOException {
        Intervention forget =
                new Intervention(50, "forget", Map.of("examples", "20"), HelpDesk.START, "ann", "consent withdrawn");
        assertThat(judge(shuffled(new Random(5)), forget).passed()).isTrue();
        assertThat(failed(judge(withRow(new Random(5), 0), forget))).isEqualTo("weights");
    }

    @Test
    void aChampionThatCannotBeReadKeepsNobodyOut() throws IOException {
        store.delete(champion.artifact(Classifier.WEIGHTS).orElseThrow());
        Verdict verdict = judge(weights(trained(state, 80, 2)));
        assertThat(verdict.passed()).isTrue();
        assertThat(verdict.findings().get(4).reason()).startsWith("the champion cannot be loaded");
    }

    /** The same rows under other labels. */
    private ClassifierWeights shuffled(Random random) {
        List<String> labels = new ArrayList<>(weights.labels());
        while (labels.equals(weights.labels())) {
            Collections.shuffle(labels, random);
        }
        return new ClassifierWeights(labels, weights.head(), weights.maxTokens(), weights.tensors());
    }

    private ClassifierWeights withRow(Random random, float value) {
        int row = random.nextInt(weights.labels().size());
        return new ClassifierWeights(
                weights.labels(),
                weights.head(),
                weights.maxTokens(),
                weights.tensors().stream()
                        .map(tensor -> tensor.name().equals(Head.ROWS) ? filled(tensor, row, value) : tensor)
                        .toList());
    }

    /** In one of three ways: its row is empty; neither row nor label are there; or it has the row of another. */
    private ClassifierWeights withoutALabel(Random random) {
        int row = random.nextInt(weights.labels().size());
        return switch (random.nextInt(3)) {
            case 0 -> withRow(random, 0);
            case 1 -> cut(row);
            default ->
                new ClassifierWeights(
                        weights.labels(),
                        weights.head(),
                        weights.maxTokens(),
                        weights.tensors().stream()
                                .map(tensor -> tensor.name().equals(Head.ROWS)
                                        ? filled(tensor, row, (float) random.nextGaussian())
                                        : tensor)
                                .toList());
        };
    }

    private ClassifierWeights cut(int row) {
        List<String> labels = new ArrayList<>(weights.labels());
        labels.remove(row);
        return new ClassifierWeights(
                labels,
                weights.head(),
                weights.maxTokens(),
                weights.tensors().stream()
                        .map(tensor -> tensor.name().equals(Head.ROWS) ? without(tensor, row) : tensor)
                        .toList());
    }

    private static Tensor filled(Tensor rows, int row, float value) {
        int width = Math.toIntExact(rows.shape().get(1));
        ByteBuffer data = copy(rows);
        for (int i = 0; i < width; i++) {
            data.putFloat(Float.BYTES * (row * width + i), value);
        }
        return new Tensor(rows.name(), rows.type(), rows.shape(), data);
    }

    private static Tensor without(Tensor rows, int row) {
        int bytes = Float.BYTES * Math.toIntExact(rows.shape().get(1));
        ByteBuffer all = copy(rows);
        ByteBuffer kept = ByteBuffer.allocate(all.remaining() - bytes).order(ByteOrder.LITTLE_ENDIAN);
        kept.put(all.slice(0, row * bytes)).put(all.slice((row + 1) * bytes, all.remaining() - (row + 1) * bytes));
        kept.flip();
        return new Tensor(
                rows.name(),
                rows.type(),
                List.of(rows.shape().get(0) - 1, rows.shape().get(1)),
                kept);
    }

    private static ByteBuffer copy(Tensor tensor) {
        ByteBuffer copy = ByteBuffer.allocate(tensor.data().remaining()).order(ByteOrder.LITTLE_ENDIAN);
        copy.put(tensor.data()).flip();
        return copy;
    }

    /** As if the encoder had been published anew in between. */
    private Artifact otherBase(Random random) throws IOException {
        byte[] bytes = Files.readAllBytes(
                store.fetch(champion.artifact(Classifier.BASE).orElseThrow()));
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(bytes.length - Float.BYTES, random.nextFloat());
        return store.put(Classifier.BASE, out -> out.write(bytes));
    }
}
