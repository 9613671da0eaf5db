package dev.millrace.registry;

import static dev.millrace.registry.ArtifactStoreContract.content;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.registry.Faults.Kind;
import dev.millrace.registry.Faults.Plan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever happens at whichever operation: what was put stays, and what was not put is not half there. */
class FolderArtifactStoreCrashTest {

    private static final long SEED = 20261124;
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-24T10:00:00Z"), ZoneOffset.UTC);
    private static final Clock LATER = Clock.fixed(Instant.parse("2126-11-24T10:00:00Z"), ZoneOffset.UTC);
    private static final List<String> CONTENTS = List.of("abc", "abd", "abc", "");

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource
    void keepsWhatWasPutAtEveryOperation(Kind kind) throws IOException {
        int operation = 1;
        while (survives(operation, kind)) {
            operation++;
        }
        assertThat(operation).isGreaterThan(40);
    }

    /** Whether the fault came; when not, there are no more operations to be disturbed. */
    private boolean survives(int operation, Kind kind) throws IOException {
        Faults faults = new Faults(SEED + operation, Plan.one(kind, operation));
        SimulatedDisk disk = new SimulatedDisk(Files.createDirectory(folder.resolve(kind + "-" + operation)), faults);
        List<Artifact> put = new ArrayList<>();
        while (put.size() < CONTENTS.size()) {
            try {
                FolderArtifactStore store = disk.store(CLOCK);
                while (put.size() < CONTENTS.size()) {
                    put.add(store.put("weights", content(CONTENTS.get(put.size()))));
                }
            } catch (IOException e) {
                assertThat(Faults.caused(e)).as("%s: %s", faults, e).isTrue();
            } catch (Faults.Death e) {
                disk.recover();
                faults.revive();
            }
            for (Artifact artifact : put) {
                assertThat(disk.holdsDurably(artifact))
                        .as("%s: %s", faults, artifact)
                        .isTrue();
            }
        }
        faults.end();
        // A process that was killed leaves names in doubt; what was put must not depend on them.
        disk.cutPower();
        FolderArtifactStore again = disk.store(CLOCK);
        for (int i = 0; i < CONTENTS.size(); i++) {
            assertThat(again.fetch(put.get(i))).as("%s", faults).hasContent(CONTENTS.get(i));
        }
        return !faults.happened().isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aSweepThatEndsAtAnyOperationTakesNothingThatIsNeeded(Kind kind) throws IOException {
        int operation = 1;
        while (survivesSweeping(operation, kind)) {
            operation++;
        }
        assertThat(operation).isGreaterThan(5);
    }

    private boolean survivesSweeping(int operation, Kind kind) throws IOException {
        Faults counting = new Faults(SEED, Plan.NONE);
        SimulatedDisk before =
                new SimulatedDisk(Files.createDirectory(folder.resolve("c-" + kind + operation)), counting);
        putBoth(before);
        int putting =
                counting.counts().values().stream().mapToInt(Integer::intValue).sum();
        Faults faults = new Faults(SEED + operation, Plan.one(kind, putting + operation));
        SimulatedDisk disk = new SimulatedDisk(Files.createDirectory(folder.resolve("s-" + kind + operation)), faults);
        List<Artifact> put = putBoth(disk);
        Predicate<String> unneeded = sha256 -> !sha256.equals(put.get(0).sha256());
        try {
            disk.store(LATER).sweep(unneeded, Duration.ofHours(1));
        } catch (IOException e) {
            assertThat(Faults.caused(e)).as("%s: %s", faults, e).isTrue();
        } catch (Faults.Death e) {
            disk.recover();
            faults.revive();
        }
        faults.end();
        assertThat(disk.holdsDurably(put.get(0))).as("%s", faults).isTrue();
        FolderArtifactStore again = disk.store(LATER);
        again.sweep(unneeded, Duration.ofHours(1));
        assertThat(again.fetch(put.get(0))).as("%s", faults).hasContent("needed");
        assertThatThrownBy(() -> again.fetch(put.get(1))).isInstanceOf(ArtifactException.class);
        return !faults.happened().isEmpty();
    }

    private static List<Artifact> putBoth(SimulatedDisk disk) throws IOException {
        FolderArtifactStore store = disk.store(CLOCK);
        return List.of(store.put("weights", content("needed")), store.put("weights", content("unneeded")));
    }

    @Test
    void makesTheNameOfAFolderDurableThatAFailedPutLeft() throws IOException {
        Faults counting = new Faults(SEED, Plan.NONE);
        new SimulatedDisk(Files.createDirectory(folder.resolve("counting")), counting).store(CLOCK);
        // After opening, the first folder that a put forces is the one that the folder of its file lies in.
        int opening = counting.counts().getOrDefault("force a folder", 0);
        Faults faults = new Faults(SEED, Plan.one(Kind.FAILS, "force a folder", opening + 1));
        SimulatedDisk disk = new SimulatedDisk(Files.createDirectory(folder.resolve("failing")), faults);
        FolderArtifactStore store = disk.store(CLOCK);
        assertThatThrownBy(() -> store.put("weights", content("abc"))).hasMessageContaining("force a folder");

        Artifact artifact = store.put("weights", content("abc"));

        assertThat(disk.holdsDurably(artifact)).isTrue();
    }
}
