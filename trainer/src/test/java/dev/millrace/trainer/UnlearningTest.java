package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ingest.ControlRecord;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.ingest.LedgerJson;
import dev.millrace.ingest.OffsetRanges;
import dev.millrace.model.Classifier;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tensor;
import dev.millrace.model.TokenIds;
import dev.millrace.model.Voters;
import dev.millrace.registry.Alias;
import dev.millrace.registry.Artifact;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.TrainerBench.Site;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What was learned can be folded again, and can be forgotten as if it had never been. */
@Timeout(180)
class UnlearningTest {

    private static final List<LabelledExample> EXAMPLES = HelpDesk.examples("support", 64, 1);

    /** Keeps the training states of all versions, so that there are ancestors to go back to. */
    private static final VersionPolicy KEEPING = new VersionPolicy(16, Duration.ofDays(1), Duration.ofSeconds(5), 50);

    @TempDir
    static Path folder;

    private static TrainerBench bench;

    @BeforeAll
    static void start() {
        bench = new TrainerBench(folder);
    }

    @AfterAll
    static void stop() {
        bench.close();
    }

    private static Site site(String name, List<LabelledExample> examples) throws IOException {
        Site site = bench.site(name, 1);
        bench.append(site, examples);
        return site;
    }

    @Test
    void anUnlearnedVersionIsToTheBitTheOneThatNeverSawTheExamples() throws IOException {
        List<Integer> places = List.of(19, 20, 41, 42, 43, 44, 45, 46, 47, 48);
        List<LabelledExample> left = new ArrayList<>();
        for (int i = 0; i < EXAMPLES.size(); i++) {
            if (!places.contains(i)) {
                left.add(EXAMPLES.get(i));
            }
        }
        List<LabelledExample> more = HelpDesk.examples("support", 32, 2);
        VersionRecord expected = undisturbed("never-seen", left, more);

        Site site = site("unlearned", EXAMPLES);
        try (LoopRun run = LoopRun.start(bench, site, bench.settings(site, KEEPING, "support"))) {
            run.until(() -> run.published.size() == 4);
            OffsetRanges offsets = offsetsOf(site, places);
            // What comes later is not meant, whatever the record says.
            control(
                    site,
                    new ControlRecord.Forget(offsets.and(OffsetRanges.parse("1000..2000")), "offsets " + offsets));
            run.until(() -> run.published.size() == 5);

            VersionRecord unlearned = run.published.get(4);
            assertThat(unlearned.version()).isEqualTo(5);
            // The first to be forgotten is the 20th, and versions are made of 16.
            assertThat(unlearned.parent()).isEqualTo(1);
            // The control closes the mini-batch that is open: 54 examples are left, and 48 are six full ones.
            assertThat(unlearned.examples()).isEqualTo(54);
            assertThat(Line.lineage(unlearned).interventions()).singleElement().satisfies(forgotten -> {
                assertThat(forgotten.action()).isEqualTo("forget");
                assertThat(forgotten.by()).isEqualTo("ann");
                assertThat(forgotten.reason()).isEqualTo("a customer asked");
                assertThat(forgotten.detail()).containsEntry("offsets", offsets.toString());
            });
            assertThat(bench.registry(site)
                            .alias("support", Alias.CHAMPION)
                            .orElseThrow()
                            .version())
                    .isEqualTo(5);

            bench.append(site, more);
            run.untilFlushed("support", 86);
            VersionRecord newest = run.published.get(run.published.size() - 1);
            assertThat(TrainerBench.sha256(newest, "weights")).isEqualTo(TrainerBench.sha256(expected, "weights"));
            assertThat(TrainerBench.sha256(newest, CheckpointFiles.TRAINING_STATE))
                    .isEqualTo(TrainerBench.sha256(expected, CheckpointFiles.TRAINING_STATE));
        }

        // Whoever replays it later leaves them out as well, from wherever it begins.
        ModelRegistry registry = bench.registry(site);
        assertThat(replay(site, registry, 5, OptionalLong.empty()).isIdentical())
                .isTrue();
        assertThat(replay(site, registry, 5, OptionalLong.of(1)).isIdentical()).isTrue();
        assertThat(replay(site, registry, 6, OptionalLong.of(5)).isIdentical()).isTrue();
        ReplayOutcome tainted = replay(site, registry, 3, OptionalLong.empty());
        assertThat(tainted.isIdentical()).isFalse();
        assertThat(tainted.isWithinTolerance()).isFalse();
        assertThat(tainted.removedLater().isEmpty()).isFalse();
        assertThat(tainted.examples()).isEqualTo(39);
        assertThat(replay(site, registry, 1, OptionalLong.empty()).isIdentical())
                .isTrue();
    }

    @Test
    void nothingInTheStoreRemembersAForgottenText() throws IOException {
        int place = 41;
        LabelledExample secret = EXAMPLES.get(place);
        assertThat(EXAMPLES)
                .filteredOn(other -> other.text().equals(secret.text()))
                .hasSize(1);
        Site site = site("remembered", EXAMPLES);
        Path store = folder.resolve(site.name());
        TokenIds ids = bench.tokenizer.encode(secret.text());
        ByteBuffer tokens = ByteBuffer.allocate(ids.length() * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        IntStream.range(0, ids.length()).forEach(i -> tokens.putInt(ids.get(i)));
        byte[] embedding;
        try (LoopRun run = LoopRun.start(bench, site, bench.settings(site, KEEPING, "support"))) {
            run.until(() -> run.published.size() == 4);
            embedding = embedding(site, run.published.get(3), place);
            assertThat(filesWith(store, tokens.array())).isNotEmpty();
            assertThat(filesWith(store, embedding)).isNotEmpty();
            control(site, new ControlRecord.Forget(offsetsOf(site, List.of(place)), "one text"));
            run.until(() -> run.published.size() == 5);
        }
        assertThat(filesWith(store, tokens.array())).isEmpty();
        assertThat(filesWith(store, embedding)).isEmpty();
        assertThat(filesWith(store, secret.text().getBytes(StandardCharsets.UTF_8)))
                .isEmpty();
        ModelRegistry registry = bench.registry(site);
        for (long version : List.of(1L, 2L, 5L)) {
            for (Artifact kept :
                    registry.version("support", version).orElseThrow().artifacts()) {
                assertThat(site.store().fetch(kept)).isNotEmptyFile();
            }
        }
    }

    /** A store of which nothing goes. */
    private record NothingIsDeleted(ArtifactStore store) implements ArtifactStore {

        @Override
        public Artifact put(String role, Content content) throws IOException {
            return store.put(role, content);
        }

        @Override
        public Path fetch(Artifact artifact) throws IOException {
            return store.fetch(artifact);
        }

        @Override
        public void delete(Artifact artifact) throws IOException {
            throw new IOException("the trainer is dead");
        }
    }

    /** Neighbours lie in the order in which they came, until there is no place for more. */
    private static byte[] embedding(Site site, VersionRecord version, int place) throws IOException {
        Path file = site.store().fetch(version.artifact(Classifier.VOTERS).orElseThrow());
        Tensor all = Voters.read(file).embeddings().orElseThrow();
        byte[] row = new byte[all.data().remaining() / (int) (long) all.shape().get(0)];
        all.data().position(place * row.length).get(row);
        return row;
    }

    private static List<Path> filesWith(Path folder, byte[] wanted) throws IOException {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> files = Files.walk(folder).filter(Files::isRegularFile)) {
            for (Path file : files.toList()) {
                // One character a byte.
                String content = Files.readString(file, StandardCharsets.ISO_8859_1);
                if (content.contains(new String(wanted, StandardCharsets.ISO_8859_1))) {
                    found.add(file);
                }
            }
        }
        return found;
    }

    @Test
    void aTrainerThatDiesBeforeItDeletesLeavesThatToTheNext() throws IOException {
        Site site = site("died", EXAMPLES);
        TrainerSettings settings = bench.settings(site, KEEPING, "support");
        VersionRecord tainted;
        try (LoopRun run =
                LoopRun.start(bench, site, new NothingIsDeleted(site.store()), settings, new DirectExecutor())) {
            run.until(() -> run.published.size() == 4);
            tainted = run.published.get(3);
            control(site, new ControlRecord.Forget(offsetsOf(site, List.of(50)), "one text"));
            run.until(() -> run.published.size() == 5);
        }
        Artifact voters = tainted.artifact(Classifier.VOTERS).orElseThrow();
        assertThat(site.store().fetch(voters)).isNotEmptyFile();
        try (LoopRun run = LoopRun.start(bench, bench.base, site, settings, "second")) {
            run.until(() -> !run.lag.isEmpty());
            assertThatThrownBy(() -> site.store().fetch(voters)).isInstanceOf(IOException.class);
        }
    }

    /** The control that asks to forget closes a mini-batch; so does one that asks for a version. */
    private static VersionRecord undisturbed(String name, List<LabelledExample> first, List<LabelledExample> then)
            throws IOException {
        Site site = site(name, first);
        try (LoopRun run = LoopRun.start(bench, site, bench.settings(site, KEEPING, "support"))) {
            control(site, new ControlRecord.Checkpoint());
            bench.append(site, then);
            run.untilFlushed("support", first.size() + then.size());
            return run.published.get(run.published.size() - 1);
        }
    }

    @Test
    void forgetsMoreThanOnceAndFromTheBase() throws IOException {
        List<LabelledExample> left = new ArrayList<>(EXAMPLES);
        left.remove(50);
        left.remove(3);
        Site never = site("never-twice", left);
        VersionRecord expected;
        try (LoopRun run = LoopRun.start(bench, never, bench.settings(never, KEEPING, "support"))) {
            control(never, new ControlRecord.Checkpoint());
            run.untilFlushed("support", 62);
            expected = run.published.get(run.published.size() - 1);
        }

        Site site = site("twice", EXAMPLES);
        try (LoopRun run = LoopRun.start(bench, site, bench.settings(site, KEEPING, "support"))) {
            run.until(() -> run.published.size() == 4);
            control(site, new ControlRecord.Forget(offsetsOf(site, List.of(50)), "one"));
            run.until(() -> run.published.size() == 5);
            assertThat(run.published.get(4).parent()).isEqualTo(3);
            assertThat(run.published.get(4).examples()).isEqualTo(63);
        }
        // In another process, which has to find in the registry what was forgotten before.
        try (LoopRun run = LoopRun.start(bench, bench.base, site, bench.settings(site, KEEPING, "support"), "second")) {
            control(site, new ControlRecord.Forget(offsetsOf(site, List.of(3)), "another"));
            run.until(() -> run.published.size() == 1);
            VersionRecord unlearned = run.published.get(0);
            assertThat(unlearned.version()).isEqualTo(6);
            assertThat(unlearned.parent()).isNull();
            assertThat(unlearned.examples()).isEqualTo(62);
            assertThat(TrainerBench.sha256(unlearned, "weights")).isEqualTo(TrainerBench.sha256(expected, "weights"));
            assertThat(replay(site, bench.registry(site), 6, OptionalLong.empty())
                            .isIdentical())
                    .isTrue();
        }
    }

    @Test
    void replaysWhatWasFlushedSteeredAndStartedWithOtherSettings() throws IOException {
        Site site = site("steered", EXAMPLES.subList(0, 20));
        TrainerSettings settings = bench.settings(site, KEEPING, "support");
        try (LoopRun run = LoopRun.start(bench, site, settings)) {
            run.untilFlushed("support", 20);
            control(site, new ControlRecord.Set(Map.of("encoder-learning-rate", "0.001")));
            control(site, new ControlRecord.Pause());
            bench.append(site, EXAMPLES.subList(20, 37));
            // What waits is lag, although it has been read for the end of the pause.
            run.until(() -> run.lag.getOrDefault("support", 0L) >= 17);
            assertThat(run.trained("support")).isEqualTo(20);
            control(site, new ControlRecord.Resume());
            run.untilFlushed("support", 37);
        }
        Recipe other = settings.recipe()
                .with(Map.of(
                        "batch-size", "4",
                        "rehearsal-capacity", "10",
                        "rehearsal-selection", "balanced",
                        "drift-reaction", "shorten-memory",
                        "drift-confidence", "0.4",
                        "holdout-share", "0.3"));
        try (LoopRun run =
                LoopRun.start(bench, bench.base, site, bench.settings(site, other, KEEPING, "support"), "second")) {
            bench.append(site, EXAMPLES.subList(37, 50));
            run.untilFlushed("support", 50);
            control(site, new ControlRecord.RenameLabel("parcels", "post"));
            control(site, new ControlRecord.RetireLabel("cards"));
            run.until(
                    () -> !run.published.get(run.published.size() - 1).labels().contains("cards"));
            assertThat(run.published.get(run.published.size() - 1).labels())
                    .contains("post")
                    .doesNotContain("parcels");
            bench.append(site, EXAMPLES.subList(50, 64));
            run.untilFlushed("support", 64);
            assertThat(run.published.get(run.published.size() - 1).labels())
                    .contains("cards", "post")
                    .doesNotContain("parcels");
            assertThat(run.published.get(run.published.size() - 1).metrics())
                    .hasEntrySatisfying(
                            "holdout_examples", count -> assertThat(count).isBetween(1.0, 27.0))
                    .containsKey("holdout_accuracy");
        }
        ModelRegistry registry = bench.registry(site);
        List<VersionRecord> versions = registry.versions("support");
        assertThat(versions).hasSizeGreaterThan(4);
        for (VersionRecord version : versions) {
            ReplayOutcome outcome = replay(site, registry, version.version(), OptionalLong.empty());
            assertThat(outcome.otherRuntime()).isEmpty();
            assertThat(outcome.examples()).isEqualTo(version.examples());
            assertThat(outcome.isIdentical())
                    .as("version %s", version.version())
                    .isTrue();
        }
        assertThat(replay(site, registry, versions.size(), OptionalLong.of(2)).isIdentical())
                .isTrue();
        assertThat(versions.get(versions.size() - 1).settings())
                .containsEntry("batch-size", "4")
                .containsEntry("encoder-learning-rate", "0.001");
    }

    @Test
    void saysWhichInputOfAReplayIsGone() throws IOException {
        Site site = site("gone", EXAMPLES);
        try (LoopRun run = LoopRun.start(bench, site, bench.settings(site, "support"))) {
            run.until(() -> run.published.size() == 4);
        }
        ModelRegistry registry = bench.registry(site);
        long second = registry.version("support", 2).orElseThrow().position().nextOffset();
        TrainerBench.await(bench.admin
                .deleteRecords(Map.of(site.partition(0), RecordsToDelete.beforeOffset(second)))
                .all()
                .toCompletionStage()
                .toCompletableFuture()::get);

        assertThatThrownBy(() -> replay(site, registry, 4, OptionalLong.empty()))
                .isInstanceOf(ReplayException.class)
                .hasMessageContaining("The ledger is gone from offset 0 to " + (second - 1))
                .hasMessageContaining("--from 3");
        assertThat(replay(site, registry, 4, OptionalLong.of(3)).isIdentical()).isTrue();
        // Only the two newest training states are kept.
        assertThatThrownBy(() -> replay(site, registry, 4, OptionalLong.of(2)))
                .isInstanceOf(ReplayException.class)
                .hasMessageContaining("The training state of version 2 is gone");
        assertThatThrownBy(() -> replay(site, registry, 4, OptionalLong.of(4)))
                .isInstanceOf(ReplayException.class)
                .hasMessageContaining("no ancestor of version 4; its ancestors are [1, 2, 3]");
        VersionRecord newest = registry.latest("support").orElseThrow();
        assertThatThrownBy(() -> Replay.of(newest, registry, TinyBase.light(), site.store()))
                .isInstanceOf(ReplayException.class)
                .hasMessageContaining("The base is gone")
                .hasMessageContaining("whose file base had");
        PretrainedModel same = TinyBase.model();
        PretrainedModel prefixed = new PretrainedModel(
                same.name(), same.config().withPrefix("query: "), same.tensors(), same.tokenizerJson());
        assertThatThrownBy(() -> Replay.of(newest, registry, prefixed, site.store()))
                .isInstanceOf(ReplayException.class)
                .hasMessageContaining("whose file config.json had");
    }

    private static ReplayOutcome replay(Site site, ModelRegistry registry, long version, OptionalLong from) {
        try (LedgerReader ledger = LedgerReader.open(bench.client(), site.ledger(), "support")) {
            VersionRecord record = registry.version("support", version).orElseThrow();
            return Replay.of(record, registry, bench.base, site.store()).run(ledger, from, examples -> {});
        }
    }

    /** Where examples lie: transactions leave gaps in the ledger. */
    private static OffsetRanges offsetsOf(Site site, List<Integer> places) {
        List<Long> offsets = new ArrayList<>();
        try (LedgerReader ledger = LedgerReader.open(bench.client(), site.ledger(), "support")) {
            long end = ledger.end();
            List<Long> all = new ArrayList<>();
            while (ledger.position() < end) {
                for (LedgerReader.Entry entry : ledger.poll()) {
                    if (entry.content() instanceof LabelledExample) {
                        all.add(entry.offset());
                    }
                }
            }
            places.forEach(place -> offsets.add(all.get(place)));
        }
        return OffsetRanges.of(offsets);
    }

    private static void control(Site site, ControlRecord.Action action) {
        ControlRecord record = new ControlRecord("support", action, HelpDesk.START, "ann", "a customer asked");
        bench.appendRaw(site, null, "support".getBytes(StandardCharsets.UTF_8), LedgerJson.write(record));
    }
}
