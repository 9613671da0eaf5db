package dev.millrace.registry;

import static dev.millrace.registry.Cluster.PATIENCE;
import static dev.millrace.registry.Examples.alias;
import static dev.millrace.registry.Examples.champion;
import static dev.millrace.registry.Examples.version;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.IsolationLevel;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A follower that is stepped by hand: which version it takes, which it leaves out, and when it tries again. */
@Timeout(180)
class FollowerTest {

    private static Cluster cluster;

    @TempDir
    Path folder;

    private PublishedModel model;
    private final ToyLoader loader = new ToyLoader();
    private final Told told = new Told();
    private VersionTrust trust = VersionTrust.ANYONE;
    private final AtomicLong nanos = new AtomicLong();

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        cluster = Cluster.start(folder);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @BeforeEach
    void prepare(TestInfo test) throws Exception {
        model = PublishedModel.open(cluster, test.getTestMethod().orElseThrow().getName(), folder);
    }

    @AfterEach
    void release() {
        model.close();
    }

    @Test
    void followsAnAliasBackAndOthersNotAtAll() throws Exception {
        model.publish(1);
        model.publish(2);
        try (Slot<Toy> slot = new Slot<>();
                Follower<Toy> follower = follower(slot, "canary")) {
            model.publisher().change(List.of(alias("m", "canary", 2)), List.of());
            stepUntil(follower, Follower.Step.SWAPPED);
            assertThat(slot.version().orElseThrow().version()).isEqualTo(2);

            model.publisher().change(List.of(alias("m", "canary", 1), alias("other", "canary", 2)), List.of());
            stepUntil(follower, Follower.Step.SWAPPED);
            assertThat(slot.version().orElseThrow().version()).isEqualTo(1);

            model.publisher().change(List.of(champion("m", 2), alias("m", "canary", 7)), List.of());
            model.publish(3);
            model.publisher().change(List.of(alias("m", "canary", 3)), List.of());
            stepUntil(follower, Follower.Step.SWAPPED);
            assertThat(loader.numbers()).containsExactly(2L, 1L, 3L);
        }
    }

    @Test
    void triesARefusedVersionAgainButNotInAHotLoop() throws Exception {
        Artifact late = model.put(1);
        Path elsewhere = Files.move(folder.resolve(late.uri()), folder.resolve("late"));
        model.publish(version("m", 1, late));
        try (Slot<Toy> slot = new Slot<>();
                Follower<Toy> follower = follower(slot, Alias.CHAMPION)) {
            stepUntil(follower, Follower.Step.REFUSED);
            for (int i = 0; i < 50; i++) {
                assertThat(follower.pollOnce(Duration.ZERO)).isEqualTo(Follower.Step.NOTHING);
            }
            nanos.addAndGet(Duration.ofSeconds(10).toNanos());
            assertThat(follower.pollOnce(Duration.ZERO)).isEqualTo(Follower.Step.REFUSED);
            nanos.addAndGet(Duration.ofSeconds(19).toNanos());
            assertThat(follower.pollOnce(Duration.ZERO)).as("twice as long").isEqualTo(Follower.Step.NOTHING);
            assertThat(told.refusals).hasSize(2);

            Files.move(elsewhere, folder.resolve(late.uri()));
            nanos.addAndGet(Duration.ofSeconds(1).toNanos());
            assertThat(follower.pollOnce(Duration.ZERO)).isEqualTo(Follower.Step.SWAPPED);
            assertThat(follower.refusal()).isEmpty();
            assertThat(told.loading).containsExactly(Duration.ofSeconds(30));
        }
    }

    @Test
    void takesANewVersionAtOnceWhateverWasRefused() throws Exception {
        loader.failure = new IOException("no memory");
        model.publish(1);
        try (Slot<Toy> slot = new Slot<>();
                Follower<Toy> follower = follower(slot, Alias.CHAMPION)) {
            stepUntil(follower, Follower.Step.REFUSED);
            loader.failure = null;
            model.publish(2);
            stepUntil(follower, Follower.Step.SWAPPED);
            assertThat(loader.numbers()).containsExactly(2L);
        }
    }

    @Test
    void loadsOnlyTheNewestOfThoseThatCameWhileItWasLoading() throws Exception {
        model.publish(1);
        loader.whileLoading = () -> {
            loader.whileLoading = () -> {};
            for (int version = 2; version <= 6; version++) {
                model.publish(version);
            }
            // The broker makes a commit visible a moment after it has confirmed it.
            assertThat(cluster.read(model.topic()).resolve("m", Alias.CHAMPION))
                    .contains(version("m", 6, model.put(6)));
        };
        try (Slot<Toy> slot = new Slot<>();
                Follower<Toy> follower = follower(slot, Alias.CHAMPION)) {
            stepUntil(follower, Follower.Step.SWAPPED);
            stepUntil(follower, Follower.Step.SWAPPED);
            assertThat(loader.numbers()).containsExactly(1L, 6L);
        }
    }

    @Test
    void startsWithTheNewestOfALongHistory() throws Exception {
        for (int version = 1; version <= 5; version++) {
            model.publish(version);
        }
        assertThat(cluster.read(model.topic()).versions("m")).hasSize(5);
        try (Slot<Toy> slot = new Slot<>();
                Follower<Toy> follower = follower(slot, Alias.CHAMPION)) {
            stepUntil(follower, Follower.Step.SWAPPED);
            assertThat(loader.numbers()).containsExactly(5L);
        }
    }

    @Test
    void beginsAnewWhenTheTopicIsMadeAnew() throws Exception {
        for (int version = 1; version <= 5; version++) {
            model.publish(version);
        }
        assertThat(cluster.read(model.topic()).versions("m")).hasSize(5);
        try (Slot<Toy> slot = new Slot<>();
                Follower<Toy> follower = follower(slot, Alias.CHAMPION)) {
            stepUntil(follower, Follower.Step.SWAPPED);
            model.makeAnew();
            model.publish(1);
            stepUntil(follower, Follower.Step.SWAPPED);
            assertThat(loader.numbers()).containsExactly(5L, 1L);
        }
    }

    @Test
    void fetchesOnlyTheFilesThatItsLoaderReads() throws Exception {
        Artifact state = new Artifact("training-state", 9, "0".repeat(64), "sha256/00/" + "0".repeat(64));
        model.publish(version("m", 1, model.put(1), state));
        try (Slot<Toy> slot = new Slot<>();
                Follower<Toy> follower = follower(slot, Alias.CHAMPION)) {
            stepUntil(follower, Follower.Step.SWAPPED);
            assertThat(loader.roles).containsExactly("weights");

            model.publish(version("m", 2, state));
            stepUntil(follower, Follower.Step.REFUSED);
            assertThat(told.refusals.peek()).hasMessageContaining("no file with the role 'weights'");
        }
    }

    @Test
    void tellsHowFreshAVersionIs() throws Exception {
        model.publish(1);
        try (Slot<Toy> slot = new Slot<>();
                Follower<Toy> follower = follower(slot, Alias.CHAMPION)) {
            stepUntil(follower, Follower.Step.SWAPPED);
        }
        assertThat(told.freshness).containsExactly(Duration.ofSeconds(12));
    }

    @Test
    void keepsServingUntilATrustedVersionComes() throws Exception {
        RecordSigner signer = RecordSigner.generate(folder.resolve("trainer.key"));
        trust = TrustedKeys.read(folder.resolve("trainer.key.pub"));
        Slot<Toy> slot = new Slot<>();
        try (Follower<Toy> follower = follower(slot, Alias.CHAMPION)) {
            model.publish(signer.sign(version("m", 1, model.put(1))));
            stepUntil(follower, Follower.Step.SWAPPED);

            // Its file is nowhere: a refusal that speaks of the signature never looked for it.
            model.publish(version("m", 2, new Artifact("weights", 1, "ab".repeat(32), "sha256/ab/" + "ab".repeat(32))));
            stepUntil(follower, Follower.Step.REFUSED);
            assertThat(slot.version().orElseThrow().version()).isEqualTo(1);
            assertThat(told.refusals)
                    .singleElement()
                    .isInstanceOf(UntrustedVersionException.class)
                    .asString()
                    .contains("version 2 of model m is not signed");
            assertThat(follower.refusal().orElseThrow().version().version()).isEqualTo(2);

            model.publish(signer.sign(version("m", 3, model.put(3))));
            stepUntil(follower, Follower.Step.SWAPPED);
            assertThat(slot.version().orElseThrow().version()).isEqualTo(3);
            assertThat(follower.refusal()).isEmpty();
            assertThat(loader.numbers()).containsExactly(1L, 3L);

            model.publish(version("m", 3, model.put(3)));
            stepUntil(follower, Follower.Step.REFUSED);
            assertThat(slot.version().orElseThrow().signature()).isNotNull();
        } finally {
            slot.close();
        }
    }

    private Follower<Toy> follower(Slot<Toy> slot, String alias) {
        Clock clock = Clock.fixed(Examples.TIME.plusSeconds(7), ZoneOffset.UTC);
        return new Follower<>(
                new Follower.Plan<>(
                        new ModelAlias("m", alias),
                        null,
                        "here",
                        model.store(),
                        loader,
                        trust,
                        told,
                        report -> {},
                        clock,
                        nanos::get,
                        failures -> Duration.ofSeconds(10L * failures)),
                TopicTail.of(
                        cluster.client(),
                        model.topic(),
                        new RegistryFold(),
                        IsolationLevel.READ_COMMITTED,
                        System::nanoTime),
                slot,
                new Slot<>());
    }

    private static void stepUntil(Follower<Toy> follower, Follower.Step wanted) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (follower.pollOnce(Duration.ofMillis(100)) != wanted) {
            assertThat(System.nanoTime()).as("time to be " + wanted).isLessThan(deadline);
        }
    }
}
