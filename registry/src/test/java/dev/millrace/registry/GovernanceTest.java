package dev.millrace.registry;

import static dev.millrace.registry.Cluster.PATIENCE;
import static dev.millrace.registry.Cluster.consumed;
import static dev.millrace.registry.Examples.alias;
import static dev.millrace.registry.Examples.version;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.registry.Governance.Asked;
import dev.millrace.registry.RegistryEvent.Action;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class GovernanceTest {

    private static final Instant NOW = Instant.parse("2026-11-25T08:00:00Z");
    private static final Asked ANN = new Asked("ann", "complaints");

    private static Cluster cluster;

    private String topic = "";
    private VersionPublisher trainer;
    private Governance governance;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        cluster = Cluster.start(folder);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @BeforeEach
    void publishThree(TestInfo test) throws Exception {
        topic = cluster.createRegistry(test.getTestMethod().orElseThrow().getName());
        trainer = cluster.publisher(topic);
        governance = Governance.open(cluster.client(), topic, Clock.fixed(NOW, ZoneOffset.UTC));
        for (long version = 1; version <= 3; version++) {
            publish(version);
        }
    }

    @AfterEach
    void close() {
        governance.close();
        trainer.close();
    }

    private void publish(long version) {
        Alias champion = new Alias(
                "m",
                Alias.CHAMPION,
                version,
                version == 1 ? null : version - 1,
                Examples.TIME,
                "trainer",
                "newest version");
        trainer.publish(version("m", version), List.of(champion), consumed(version), cluster.alone("trainer"));
    }

    private long served() {
        return cluster.read(topic).resolve("m", Alias.CHAMPION).orElseThrow().version();
    }

    @Test
    void aRollbackHoldsWhileTheTrainerGoesOn() {
        Pin pin = governance.rollBack("m", null, Alias.CHAMPION, ANN);
        assertThat(pin).isEqualTo(new Pin("m", Alias.CHAMPION, 2, 3L, NOW, "ann", "complaints"));
        assertThat(served()).isEqualTo(2);

        publish(4);
        assertThat(served()).as("the trainer moves the alias, not the pin").isEqualTo(2);

        governance.rollBack("m", "1", Alias.CHAMPION, ANN);
        assertThat(served()).isEqualTo(1);
        assertThat(governance.unpin("m", Alias.CHAMPION, ANN)).hasValue(4);
        assertThat(served()).isEqualTo(4);
    }

    @Test
    void aPromotionEndsTheHold() {
        governance.pin("m", "1", Alias.CHAMPION, ANN);
        Alias promoted = governance.promote("m", "2", Alias.CHAMPION, ANN);
        assertThat(promoted.previous()).isEqualTo(1);
        assertThat(served()).isEqualTo(2);
        assertThat(cluster.read(topic).pins("m")).isEmpty();
    }

    @Test
    void theAuditTopicKeepsAllThatHappened() {
        governance.rollBack("m", "1", Alias.CHAMPION, ANN);
        governance.unpin("m", Alias.CHAMPION, new Asked("bob", "mended"));
        governance.promote("m", "champion", "canary", ANN);
        governance.removeAlias("m", "canary", ANN);
        governance.retire("m", 2, ANN);

        List<RegistryEvent> events = AuditLog.read(cluster.client(), topic, PATIENCE);
        assertThat(events)
                .extracting(RegistryEvent::action)
                .containsExactly(
                        Action.PUBLISHED,
                        Action.PROMOTED,
                        Action.PUBLISHED,
                        Action.PROMOTED,
                        Action.PUBLISHED,
                        Action.PROMOTED,
                        Action.ROLLED_BACK,
                        Action.UNPINNED,
                        Action.PROMOTED,
                        Action.UNPINNED,
                        Action.ALIAS_REMOVED,
                        Action.RETIRED);
        assertThat(events.get(6))
                .isEqualTo(
                        new RegistryEvent("m", Action.ROLLED_BACK, 1L, Alias.CHAMPION, 3L, NOW, "ann", "complaints"));
        assertThat(events.get(7).by()).isEqualTo("bob");
    }

    /** Whoever has only the topic knows all there is to know. */
    @Test
    void theTopicAloneGivesTheSameState() {
        governance.rollBack("m", null, Alias.CHAMPION, ANN);
        governance.promote("m", "3", "canary", ANN);
        governance.retire("m", 1, ANN);

        ModelRegistry registry = cluster.read(topic);
        assertThat(registry.versions("m")).hasSize(3);
        assertThat(registry.alias("m", Alias.CHAMPION).orElseThrow().version()).isEqualTo(3);
        assertThat(registry.pin("m", Alias.CHAMPION).orElseThrow().version()).isEqualTo(2);
        assertThat(registry.alias("m", "canary")).contains(new Alias("m", "canary", 3, null, NOW, "ann", "complaints"));
        assertThat(registry.retirement("m", 1)).contains(new Retirement("m", 1, NOW, "ann", "complaints"));
        assertThat(cluster.read(topic)).isEqualTo(registry);
    }

    @Test
    void whatIsRetiredIsNotServedAgainAndItsFilesMayGo() {
        Artifact weights = new Artifact("weights", 1, "%064x".formatted(5), "x");
        trainer.publish(version("m", 4, weights), List.of(), consumed(4), cluster.alone("trainer"));
        publish(5);
        assertThat(Retention.inUse(cluster.read(topic))).contains(weights.sha256());

        governance.retire("m", 4, ANN);

        assertThat(Retention.inUse(cluster.read(topic))).doesNotContain(weights.sha256());
        assertThat(cluster.read(topic).version("m", 4)).as("its record stays").isPresent();
        for (String verb : List.of("promote", "pin", "roll back")) {
            assertThatThrownBy(() -> {
                        switch (verb) {
                            case "promote" -> governance.promote("m", "4", "canary", ANN);
                            case "pin" -> governance.pin("m", "4", "canary", ANN);
                            default -> governance.rollBack("m", "4", Alias.CHAMPION, ANN);
                        }
                    })
                    .as(verb)
                    .isInstanceOf(GovernanceException.class)
                    .hasMessage("version 4 of m was retired by ann at " + NOW + ": complaints");
        }
    }

    @Test
    void doesNotRetireWhatIsHeldUnderANameThatPointsNowhereElse() {
        governance.pin("m", "1", "audited", ANN);
        assertThatThrownBy(() -> governance.retire("m", 1, ANN))
                .isInstanceOf(GovernanceException.class)
                .hasMessage("version 1 of m is not retired, for audited leads to it; promote another version first");
    }

    @Test
    void refusesWhatMakesNoSense() {
        Map<String, Runnable> refused = Map.of(
                "m has no version '9'; its newest is 3",
                () -> governance.promote("m", "9", Alias.CHAMPION, ANN),
                "there is no model 'n'; there are [m]",
                () -> governance.promote("n", "1", Alias.CHAMPION, ANN),
                "version 3 of m is no earlier than version 3, which alias 'champion' leads to; use promote to go"
                        + " forward, or pin to hold it there",
                () -> governance.rollBack("m", "3", Alias.CHAMPION, ANN),
                "alias 'canary' of m points at no version, so there is nothing to roll back",
                () -> governance.rollBack("m", null, "canary", ANN),
                "alias 'champion' of m is not pinned",
                () -> governance.unpin("m", Alias.CHAMPION, ANN),
                "version 3 of m is not retired, for champion leads to it; promote another version first",
                () -> governance.retire("m", 3, ANN),
                "alias 'champion' is what is served, and is not removed; promote another version, or pin it",
                () -> governance.removeAlias("m", Alias.CHAMPION, ANN),
                "m has no alias 'canary'; it has [champion]",
                () -> governance.removeAlias("m", "canary", ANN));
        ModelRegistry before = cluster.read(topic);
        refused.forEach((message, verb) -> assertThatThrownBy(verb::run)
                .isInstanceOf(GovernanceException.class)
                .hasMessage(message));
        assertThat(cluster.read(topic)).isEqualTo(before);
        trainer.change(List.of(alias("m", "canary", 3)), List.of());
        assertThatThrownBy(() -> governance.rollBack("m", null, "canary", ANN))
                .hasMessage(
                        "it is not known where alias 'canary' of m led before; name the version to take it back to");
    }

    private void publishOther(String model) {
        trainer.publish(
                version(model, 1), List.of(Examples.champion(model, 1)), consumed(10), cluster.alone("trainer"));
    }

    @Test
    void anotherModelIsServedInItsPlaceUntilThatIsUndone() {
        publishOther("n");

        assertThat(governance.cutOver("m", "n", ANN)).isEqualTo(new Successor("m", "n", NOW, "ann", "complaints"));

        ModelRegistry over = cluster.read(topic);
        assertThat(over.successor("m")).contains(new Successor("m", "n", NOW, "ann", "complaints"));
        assertThat(over.followed("m", Alias.CHAMPION)).contains(version("n", 1));
        assertThat(over.followed("m", "latest")).contains(version("n", 1));
        assertThat(over.followed("m", "2")).as("a number is the model's own").contains(version("m", 2));
        assertThat(over.followed("m", "stable")).isEmpty();
        assertThat(served()).as("its trainer goes by its own champion").isEqualTo(3);
        assertThatThrownBy(() -> governance.rollBack("m", null, Alias.CHAMPION, ANN))
                .isInstanceOf(GovernanceException.class)
                .hasMessageStartingWith("nobody follows alias 'champion' of m, for n is served in its place");

        assertThat(governance.cutBack("m", new Asked("bob", "slow")).successor())
                .isEqualTo("n");
        assertThat(cluster.read(topic).followed("m", Alias.CHAMPION)).contains(version("m", 3));
        assertThatThrownBy(() -> governance.cutBack("m", ANN)).hasMessage("no other model is served in the place of m");

        List<RegistryEvent> events = AuditLog.read(cluster.client(), topic, PATIENCE);
        assertThat(events.subList(events.size() - 2, events.size()))
                .containsExactly(
                        new RegistryEvent("m", Action.CUT_OVER, null, null, null, NOW, "ann", "complaints", "n"),
                        new RegistryEvent("m", Action.CUT_BACK, null, null, null, NOW, "bob", "slow", "n"));
    }

    @Test
    void aCutOverIsOneStepAndNeverACircle() {
        publishOther("n");
        publishOther("o");
        trainer.publish(version("bare", 1), List.of(), consumed(20), cluster.alone("trainer"));
        assertThatThrownBy(() -> governance.cutOver("m", "m", ANN)).hasMessageContaining("in its own place");
        assertThatThrownBy(() -> governance.cutOver("m", "p", ANN)).hasMessageContaining("there is no model 'p'");
        assertThatThrownBy(() -> governance.cutOver("p", "n", ANN)).hasMessageContaining("there is no model 'p'");
        assertThatThrownBy(() -> governance.cutOver("m", "bare", ANN))
                .hasMessage("bare has no version 'champion'; its newest is 1");

        governance.cutOver("m", "n", ANN);

        for (List<String> pair : List.of(List.of("m", "o"), List.of("n", "m"), List.of("n", "o"), List.of("o", "m"))) {
            assertThatThrownBy(() -> governance.cutOver(pair.get(0), pair.get(1), ANN))
                    .as("%s", pair)
                    .isInstanceOf(GovernanceException.class)
                    .hasMessageContaining("is served in the place of m");
        }
        assertThat(cluster.read(topic).successor("n")).isEmpty();
    }

    @Test
    void doesNotRetireWhatTrainingGoesOnFrom() {
        governance.promote("m", "2", Alias.CHAMPION, ANN);
        assertThatThrownBy(() -> governance.retire("m", 3, ANN))
                .hasMessage("version 3 of m is not retired, for it is the newest, and training goes on from it");
    }
}
