package dev.millrace.registry;

import static dev.millrace.registry.Examples.version;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RetentionTest {

    @Test
    void namesTheTrainingStateOfAllButTheNewestVersions() {
        ModelRegistry registry = registry(
                version("m", 1, artifact("weights", 10), artifact("training-state", 11)),
                version("m", 2, artifact("weights", 20), artifact("training-state.optimizer", 21)),
                version("m", 3, artifact("weights", 50), artifact("training-state", 51)),
                version("other", 1, artifact("training-state", 99)));

        assertThat(Retention.superseded(registry, "m", 1))
                .containsExactly(artifact("training-state", 11), artifact("training-state.optimizer", 21));
        assertThat(Retention.superseded(registry, "m", 2)).containsExactly(artifact("training-state", 11));
        assertThat(Retention.superseded(registry, "m", 3)).isEmpty();
        assertThat(Retention.superseded(registry, "m", 100)).isEmpty();
        assertThat(Retention.superseded(registry, "unknown", 1)).isEmpty();
    }

    @Test
    void countsOnlyTheLineOfTheNewestVersion() {
        // Version 4 is what became of version 1 without what versions 2 and 3 had seen.
        ModelRegistry registry = registry(
                version("m", 1, artifact("training-state", 1)),
                version("m", 2, artifact("training-state", 2)),
                version("m", 3, artifact("weights", 30), artifact("training-state", 3)),
                after(1L, version("m", 4, artifact("training-state", 4))),
                version("m", 5, artifact("training-state", 5)));

        assertThat(Retention.superseded(registry, "m", 100))
                .containsExactly(artifact("training-state", 2), artifact("training-state", 3));
        assertThat(Retention.superseded(registry, "m", 2))
                .containsExactly(
                        artifact("training-state", 1), artifact("training-state", 2), artifact("training-state", 3));
    }

    @Test
    void aModelThatBeganAnewKeepsNothingOfWhatItWas() {
        ModelRegistry registry = registry(
                version("m", 1, artifact("training-state", 1)),
                version("m", 2, artifact("training-state", 2)),
                after(null, version("m", 3, artifact("training-state", 3))));

        assertThat(Retention.superseded(registry, "m", 100))
                .containsExactly(artifact("training-state", 1), artifact("training-state", 2));
    }

    @Test
    void whatRemembersForgottenExamplesIsServedNoMoreUnlessAnAliasNamesIt() {
        ModelRegistry registry = registry(
                version("m", 1, artifact("weights", 10), artifact("voters", 11)),
                version("m", 2, artifact("weights", 20), artifact("voters", 21)),
                version("m", 3, artifact("weights", 30), artifact("voters", 31)),
                after(1L, version("m", 4, artifact("weights", 40), artifact("voters", 41))));
        assertThat(Retention.superseded(registry, "m", 1))
                .containsExactly(artifact("voters", 21), artifact("voters", 31));

        Alias stable = new Alias("m", "stable", 2, null, Instant.EPOCH, "ann", "known to be good");
        ModelRegistry named = registry.with(5, RegistryKey.of(stable).bytes(), RegistryJson.write(stable));
        assertThat(Retention.superseded(named, "m", 1)).containsExactly(artifact("voters", 31));

        Pin pin = new Pin("m", "champion", 3, 4L, Instant.EPOCH, "ann", "known to be better");
        ModelRegistry pinned = named.with(6, RegistryKey.of(pin).bytes(), RegistryJson.write(pin));
        assertThat(Retention.superseded(pinned, "m", 1)).isEmpty();
    }

    @Test
    void leavesAloneWhatLiesBeforeAVersionThatIsMissing() {
        ModelRegistry registry = registry(
                version("m", 1, artifact("training-state", 1)),
                version("m", 3, artifact("training-state", 3)),
                version("m", 4, artifact("training-state", 4)));

        assertThat(Retention.superseded(registry, "m", 3)).isEmpty();
        assertThat(Retention.superseded(registry, "m", 2)).containsExactly(artifact("training-state", 1));
    }

    private static VersionRecord after(@Nullable Long parent, VersionRecord version) {
        return new VersionRecord(
                version.model(),
                version.version(),
                version.time(),
                parent,
                version.base(),
                version.artifacts(),
                version.labels(),
                version.position(),
                version.examples(),
                version.steps(),
                version.newestExample(),
                version.settings(),
                version.settingsSha256(),
                version.metrics(),
                version.runtime(),
                version.lineage());
    }

    @Test
    void leavesContentThatSomethingElseSharesAlone() {
        ModelRegistry registry = registry(
                version("m", 1, artifact("training-state.a", 1), artifact("training-state.b", 2)),
                version("m", 2, artifact("training-state.a", 3), artifact("training-state.b", 4)),
                version("m", 3, artifact("training-state.a", 1), artifact("weights", 3)),
                version("other", 1, artifact("training-state", 4)));

        assertThat(Retention.superseded(registry, "m", 1)).containsExactly(artifact("training-state.b", 2));
    }

    @Test
    void namesSharedContentOnce() {
        ModelRegistry registry = registry(
                version("m", 1, artifact("training-state.a", 1)),
                version("m", 2, artifact("training-state.b", 1)),
                version("m", 3));

        assertThat(Retention.superseded(registry, "m", 1)).containsExactly(artifact("training-state.a", 1));
    }

    @Test
    void keepsAtLeastTheNewest() {
        assertThatThrownBy(() -> Retention.superseded(ModelRegistry.empty(), "m", 0))
                .hasMessageContaining("keep");
    }

    @Test
    void knowsWhatIsInUseOnlyWhenEverythingCouldBeRead() {
        ModelRegistry registry =
                registry(version("m", 1, artifact("a", 1), artifact("b", 2)), version("n", 1, artifact("a", 1)));
        assertThat(Retention.inUse(registry)).containsExactlyInAnyOrder(sha(1), sha(2));

        ModelRegistry damaged = registry.with(9, "m/2".getBytes(StandardCharsets.UTF_8), new byte[] {1});
        assertThatThrownBy(() -> Retention.inUse(damaged))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("m/2");
    }

    @Test
    void aSweepTakesOnlyWhatNoLiveVersionNeeds() {
        ModelRegistry registry = registry(
                version("m", 1, artifact("base", 1), artifact("weights", 10)),
                version("m", 2, artifact("base", 1), artifact("weights", 20)),
                version("m", 3, artifact("base", 1), artifact("weights", 30)),
                version("m", 4, artifact("base", 1), artifact("weights", 40)),
                version("n", 1, artifact("base", 1), artifact("weights", 10)));
        for (long retired : List.of(1L, 2L, 3L, 4L)) {
            Retirement retirement = new Retirement("m", retired, Instant.EPOCH, "ann", "wrong import");
            registry = registry.with(10, RegistryKey.of(retirement).bytes(), RegistryJson.write(retirement));
        }
        assertThat(unneeded(Retention.unneeded(registry), 1, 10, 20, 30, 40, 99))
                .as("the newest stays, for training goes on from it, and what another model shares")
                .containsExactly(20, 30, 99);
        assertThat(unneeded(Retention.unneededOf(registry, "m"), 1, 10, 20, 30, 40, 99))
                .as("and leaves what no record names")
                .containsExactly(20, 30);

        Alias stable = new Alias("m", "stable", 2, null, Instant.EPOCH, "ann", "moved while it was retired");
        ModelRegistry named = registry.with(11, RegistryKey.of(stable).bytes(), RegistryJson.write(stable));
        assertThat(unneeded(Retention.unneeded(named), 20, 30)).containsExactly(30);
        Pin pin = new Pin("m", "champion", 3, 4L, Instant.EPOCH, "ann", "known to be better");
        ModelRegistry pinned = named.with(12, RegistryKey.of(pin).bytes(), RegistryJson.write(pin));
        assertThat(unneeded(Retention.unneeded(pinned), 20, 30)).isEmpty();
    }

    private static List<Integer> unneeded(Predicate<String> predicate, Integer... contents) {
        return Stream.of(contents)
                .filter(content -> predicate.test(sha(content)))
                .toList();
    }

    private static ModelRegistry registry(VersionRecord... versions) {
        RegistryFold fold = new RegistryFold();
        for (VersionRecord version : versions) {
            fold.apply(version.version(), RegistryKey.of(version).bytes(), RegistryJson.write(version));
        }
        return fold.view();
    }

    private static Artifact artifact(String role, int content) {
        return new Artifact(role, content, sha(content), "sha256/00/" + sha(content));
    }

    private static String sha(int content) {
        return "%064x".formatted(content);
    }
}
