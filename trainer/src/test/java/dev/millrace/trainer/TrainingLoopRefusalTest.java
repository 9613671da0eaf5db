package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.model.Classifier;
import dev.millrace.registry.RegistryJson;
import dev.millrace.registry.RegistryTopic;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.TrainerBench.Site;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a trainer does not train on from, and what it says about it. */
@Timeout(180)
class TrainingLoopRefusalTest {

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

    /** A site with 20 examples, of which 16 are in a version, and a trainer that has left. */
    private static Site trained(String name) throws IOException {
        Site site = bench.site(name, 1);
        bench.append(site, HelpDesk.examples("support", 20, 1));
        try (LoopRun run = LoopRun.start(bench, site, "support")) {
            run.until(() -> run.published.size() == 1);
        }
        return site;
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> refusal(Site site, TrainerSettings settings) {
        return refusal(LoopRun.start(bench, site, settings));
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> refusal(LoopRun run) {
        try (run) {
            return assertThatThrownBy(() -> run.until(() -> false));
        }
    }

    @Test
    void refusesAnotherBase() throws IOException {
        Site site = trained("base");
        refusal(LoopRun.start(bench, TinyBase.model("other"), site, bench.settings(site, "support"), "second"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("support was trained from the base tiny, not other: set trainer.base back, or give the"
                        + " model another name to start anew");
    }

    @Test
    void refusesAnotherNumberOfFrozenLayers() throws IOException {
        Site site = trained("frozen");
        TrainerSettings settings = bench.settings(site, "support");
        refusal(site, Altered.recipe(settings, TinyRecipe.with(64, 1, 42)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(
                        "trainer.frozen-layers is part of what the model is: it stays 0 and cannot become 1; set it back");
    }

    @Test
    void refusesAnotherLedger() throws IOException {
        Site site = trained("ledger");
        bench.create(new NewTopic("another-ledger", 1, (short) 1));
        TrainerSettings settings = bench.settings(site, "support");
        refusal(site, Altered.ledger(settings, "another-ledger"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("from the topic ledger-ledger, not another-ledger: set topics.training-examples");
    }

    @Test
    void refusesAModelWhosePartitionHasChanged() throws IOException {
        String moving = TrainingLoopTest.namesOn(2).get(1);
        Site site = bench.site("partitions", 1);
        bench.append(site, HelpDesk.examples(moving, 16, 1));
        try (LoopRun run = LoopRun.start(bench, site, moving)) {
            run.until(() -> run.published.size() == 1);
        }
        widen(site);

        refusal(site, bench.settings(site, moving))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("from partition 0 of partitions-ledger")
                .hasMessageContaining("belongs to partition 1: the number of partitions was changed");
    }

    @Test
    void refusesALedgerWhoseUntrainedPartIsGone() throws IOException {
        Site site = trained("gone");
        bench.append(site, HelpDesk.examples("support", 20, 2));
        TrainerBench.await(bench.admin
                .deleteRecords(Map.of(site.partition(0), RecordsToDelete.beforeOffset(21)))
                .all()
                .toCompletionStage()
                .toCompletableFuture()::get);

        refusal(site, bench.settings(site, "support"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("up to offset 19, but the topic now begins at 21");
    }

    @Test
    void refusesARegistryThatHasLostWhatWasConsumed() throws IOException {
        Site site = trained("lost");
        TrainerBench.await(bench.admin
                .alterConsumerGroupOffsets(site.group(), Map.of(site.partition(0), new OffsetAndMetadata(20)))
                .all()
                .toCompletionStage()
                .toCompletableFuture()::get);

        refusal(site, bench.settings(site, "support"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(
                        "gone on to offset 20 of lost-ledger-0, but no version in the registry reaches it");
    }

    @Test
    void refusesToGoOnWithoutTheTrainingState() throws IOException {
        Site site = trained("state");
        VersionRecord version = bench.registry(site).latest("support").orElseThrow();
        site.store().delete(version.artifact(CheckpointFiles.TRAINING_STATE).orElseThrow());

        refusal(site, bench.settings(site, "support"))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageStartingWith("Training of support cannot go on from version 1: ")
                .hasMessageContaining(TrainerBench.sha256(version, CheckpointFiles.TRAINING_STATE));
    }

    enum Damage {
        FLIPPED("is damaged: the SHA-256 of its bytes is "),
        TRUNCATED(" bytes, but has "),
        MISSING("is gone: there is no ");

        private final String told;

        Damage(String told) {
            this.told = told;
        }

        void doTo(Path file) throws IOException {
            byte[] bytes = Files.readAllBytes(file);
            Files.delete(file);
            switch (this) {
                case FLIPPED -> {
                    bytes[bytes.length / 2] ^= 1;
                    Files.write(file, bytes);
                }
                case TRUNCATED -> Files.write(file, Arrays.copyOf(bytes, bytes.length - 1));
                case MISSING -> {}
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void refusesToGoOnFromDamagedFilesAndNamesThem(Damage damage) throws IOException {
        Site site = trained("damage-" + damage.name());
        VersionRecord version = bench.registry(site).latest("support").orElseThrow();
        for (String role : List.of(CheckpointFiles.TRAINING_STATE, Classifier.WEIGHTS)) {
            Path file = site.store().fetch(version.artifact(role).orElseThrow());
            damage.doTo(file);
            refusal(site, bench.settings(site, "support"))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageStartingWith("Training of support cannot go on from version 1: ")
                    .hasMessageContaining(file.toString())
                    .hasMessageContaining(damage.told)
                    .hasMessageContaining("restore the file");
        }
        assertThat(bench.registry(site).versions("support")).containsExactly(version);
    }

    @ParameterizedTest
    @ValueSource(strings = {"garbage", "newer"})
    void neverTrainsAVersionAnewThatItCannotRead(String kind) throws IOException {
        Site site = trained("unreadable-" + kind);
        byte[] value = kind.equals("newer")
                ? new String(
                                RegistryJson.write(
                                        bench.registry(site).latest("support").orElseThrow()),
                                StandardCharsets.UTF_8)
                        .replace("\"schema\":1", "\"schema\":99")
                        .getBytes(StandardCharsets.UTF_8)
                : new byte[] {1, 2, 3};
        bench.put(site.registry(), "support/1", value);
        // Kafka forgets what a group has consumed when nobody was in it for a week.
        TrainerBench.await(bench.admin
                .deleteConsumerGroupOffsets(site.group(), Set.of(site.partition(0)))
                .all()
                .toCompletionStage()
                .toCompletableFuture()::get);

        refusal(site, bench.settings(site, "support"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("Version 1 of support is in the registry, but its record at offset ")
                .hasMessageContaining(kind.equals("newer") ? "99" : "JSON")
                .hasMessageContaining("Train on with the Millrace that wrote it, or restore the record");
        assertThat(bench.registry(site).problems()).hasSize(1);
    }

    @Test
    void refusesALedgerThatIsDeletedUnderWay() throws IOException {
        Site site = bench.site("deleted", 1);
        bench.append(site, HelpDesk.examples("support", 20, 1));
        try (LoopRun run = LoopRun.start(bench, site, attentive(bench.settings(site, "support")))) {
            run.until(() -> run.published.size() == 1);
            bench.deleteTopic(site.ledger());
            assertThatThrownBy(() -> run.until(() -> false, () -> {
                        run.nanos.addAndGet(Duration.ofSeconds(1).toNanos());
                        run.loop.runOnce();
                    }))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("There is no topic deleted-ledger, which is the ledger: it was deleted");
            assertThat(bench.registry(site).versions("support")).isEqualTo(run.published);
        }
    }

    @Test
    void refusesALedgerThatIsDeletedAndMadeAnewUnderWay() throws IOException {
        Site site = bench.site("anew", 1);
        bench.append(site, HelpDesk.examples("support", 20, 1));
        try (LoopRun run = LoopRun.start(bench, site, attentive(bench.settings(site, "support")))) {
            run.until(() -> run.published.size() == 1 && Long.valueOf(4).equals(run.lag.get("support")));
            bench.deleteTopic(site.ledger());
            bench.create(new NewTopic(site.ledger(), 1, (short) 1));
            bench.append(site, HelpDesk.examples("support", 8, 2));
            assertThatThrownBy(() -> run.until(() -> false))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith(
                            "The ledger anew-ledger does not hold the offsets where training goes on: {anew-ledger-0=")
                    .hasMessageContaining("it was deleted and made anew");
            assertThat(bench.registry(site).versions("support")).isEqualTo(run.published);
        }
    }

    @Test
    void refusesAChangedNumberOfPartitionsUnderWay() throws IOException {
        String moving = TrainingLoopTest.namesOn(2).get(1);
        Site site = bench.site("widened", 1);
        bench.append(site, HelpDesk.examples(moving, 20, 1));
        try (LoopRun run = LoopRun.start(bench, site, attentive(bench.settings(site, moving)))) {
            run.until(() -> run.published.size() == 1);
            widen(site);
            assertThatThrownBy(() -> run.until(() -> false))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("from partition 0 of widened-ledger")
                    .hasMessageContaining("belongs to partition 1: the number of partitions was changed");
            assertThat(bench.registry(site).versions(moving)).isEqualTo(run.published);
        }
    }

    @Test
    void refusesPartitionsThatWereAddedBeforeTheFirstVersion() throws IOException {
        List<String> names = TrainingLoopTest.namesOn(2);
        Site site = bench.site("widened-early", 1);
        bench.append(site, HelpDesk.examples(names.get(0), 7, 1));
        bench.append(site, HelpDesk.examples(names.get(1), 5, 1));
        widen(site);
        bench.append(site, HelpDesk.examples(names.get(1), 20, 2));
        refusal(site, bench.settings(site, names.get(1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("An example of " + names.get(1) + " lies at offset 9 of widened-early-ledger-0,"
                        + " but its key now belongs to partition 1");
        assertThat(bench.registry(site).models()).isEmpty();

        // The one whose key stays where it was has lost nothing.
        bench.append(site, HelpDesk.examples(names.get(0), 9, 2));
        try (LoopRun run = LoopRun.start(bench, site, names.get(0))) {
            run.until(() -> run.published.size() == 1);
        }
    }

    @Test
    void goesOnWithAModelWhosePartitionStaysWhenOthersAreAdded() throws IOException {
        String staying = TrainingLoopTest.namesOn(2).get(0);
        Site site = bench.site("widened-beside", 1);
        List<LabelledExample> examples = HelpDesk.examples(staying, 40, 1);
        bench.append(site, examples.subList(0, 20));
        try (LoopRun run = LoopRun.start(bench, site, attentive(bench.settings(site, staying)))) {
            run.until(() -> run.published.size() == 1);
            widen(site);
            run.until(() -> run.consumer.assignment().size() == 2);
            bench.append(site, examples.subList(20, 40));
            run.until(() -> run.published.size() == 2);
            assertThat(run.published).extracting(VersionRecord::examples).containsExactly(16L, 32L);
        }
    }

    private static void widen(Site site) {
        TrainerBench.await(bench.admin
                .createPartitions(Map.of(site.ledger(), NewPartitions.increaseTo(2)))
                .all()
                .toCompletionStage()
                .toCompletableFuture()::get);
    }

    /** A consumer that looks for changes of its topic all the time, and not every five minutes. */
    private static TrainerSettings attentive(TrainerSettings settings) {
        return Altered.client(settings, Map.of("metadata.max.age.ms", "300"));
    }

    @Test
    void saysWhereARecordLiesThatNobodyCanRead() throws IOException {
        Site site = bench.site("unfit", 1);
        bench.append(site, HelpDesk.examples("support", 5, 1));
        bench.appendRaw(site, 0, "support".getBytes(StandardCharsets.UTF_8), new byte[] {'{', '}'});

        refusal(site, bench.settings(site, "support"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("The record at offset 6 of unfit-ledger-0 is not a training example: ")
                .hasMessageContaining("Nobody but ingest and `millrace control` may write to the ledger");
    }

    @Test
    void saysWhereARecordLiesThatIsOnAnotherPartitionThanItsKey() throws IOException {
        List<String> names = TrainingLoopTest.namesOn(2);
        Site site = bench.site("astray", 2);
        bench.appendRaw(site, 1, names.get(0).getBytes(StandardCharsets.UTF_8), new byte[] {'{', '}'});

        refusal(site, bench.settings(site, names.get(0), names.get(1)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("The record at offset 0 of astray-ledger-1 belongs to " + names.get(0)
                        + ", whose partition is astray-ledger-0");
    }

    @Test
    void learnsNoFurtherThanOneVersionAheadWhileKafkaTakesNone() throws IOException {
        Site site = bench.site("refused", 1);
        bench.append(site, HelpDesk.examples("support", 80, 1));
        TrainerSettings settings = Altered.impatient(bench.settings(site, "support"));
        try (LoopRun run = LoopRun.start(bench, site, settings)) {
            run.until(() -> run.snapshots() == 1);
            TrainerBench.await(bench.admin
                    .deleteTopics(List.of(site.registry()))
                    .all()
                    .toCompletionStage()
                    .toCompletableFuture()::get);
            run.until(() -> run.trained("support") == 32);
            run.loop.runOnce();
            assertThat(run.trained("support")).isEqualTo(32);
            assertThat(run.published).isEmpty();

            bench.create(RegistryTopic.all(site.registry(), (short) 1).get(0));
            for (int turn = 0; turn < 5; turn++) {
                run.loop.runOnce();
            }
            assertThat(run.published).as("not before the time has come").isEmpty();
            run.nanos.addAndGet(Backoff.LONGEST.toNanos());
            run.until(() -> run.published.size() == 5);
            assertThat(bench.registry(site).versions("support"))
                    .extracting(VersionRecord::examples)
                    .containsExactly(16L, 32L, 48L, 64L, 80L);
        }
    }
}
