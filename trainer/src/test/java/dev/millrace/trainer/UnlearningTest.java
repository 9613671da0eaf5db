package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ingest.ControlRecord;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.ingest.OffsetRanges;
import dev.millrace.model.Classifier;
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
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What was learned can be forgotten as if it had never been. */
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
            bench.control(
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
        assertThat(bench.replay(site, registry, 5, OptionalLong.empty()).isIdentical())
                .isTrue();
        assertThat(bench.replay(site, registry, 5, OptionalLong.of(1)).isIdentical())
                .isTrue();
        assertThat(bench.replay(site, registry, 6, OptionalLong.of(5)).isIdentical())
                .isTrue();
        ReplayOutcome tainted = bench.replay(site, registry, 3, OptionalLong.empty());
        assertThat(tainted.isIdentical()).isFalse();
        assertThat(tainted.isWithinTolerance()).isFalse();
        assertThat(tainted.removedLater().isEmpty()).isFalse();
        assertThat(tainted.examples()).isEqualTo(39);
        assertThat(bench.replay(site, registry, 1, OptionalLong.empty()).isIdentical())
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
            bench.control(site, new ControlRecord.Forget(offsetsOf(site, List.of(place)), "one text"));
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
            bench.control(site, new ControlRecord.Forget(offsetsOf(site, List.of(50)), "one text"));
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
            bench.control(site, new ControlRecord.Checkpoint());
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
            bench.control(never, new ControlRecord.Checkpoint());
            run.untilFlushed("support", 62);
            expected = run.published.get(run.published.size() - 1);
        }

        Site site = site("twice", EXAMPLES);
        try (LoopRun run = LoopRun.start(bench, site, bench.settings(site, KEEPING, "support"))) {
            run.until(() -> run.published.size() == 4);
            bench.control(site, new ControlRecord.Forget(offsetsOf(site, List.of(50)), "one"));
            run.until(() -> run.published.size() == 5);
            assertThat(run.published.get(4).parent()).isEqualTo(3);
            assertThat(run.published.get(4).examples()).isEqualTo(63);
        }
        // In another process, which has to find in the registry what was forgotten before.
        try (LoopRun run = LoopRun.start(bench, bench.base, site, bench.settings(site, KEEPING, "support"), "second")) {
            bench.control(site, new ControlRecord.Forget(offsetsOf(site, List.of(3)), "another"));
            run.until(() -> run.published.size() == 1);
            VersionRecord unlearned = run.published.get(0);
            assertThat(unlearned.version()).isEqualTo(6);
            assertThat(unlearned.parent()).isNull();
            assertThat(unlearned.examples()).isEqualTo(62);
            assertThat(TrainerBench.sha256(unlearned, "weights")).isEqualTo(TrainerBench.sha256(expected, "weights"));
            assertThat(bench.replay(site, bench.registry(site), 6, OptionalLong.empty())
                            .isIdentical())
                    .isTrue();
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
}
