package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.registry.Alias;
import dev.millrace.registry.Artifact;
import dev.millrace.registry.Faults;
import dev.millrace.registry.RegistryEvent;
import dev.millrace.registry.SimulatedDisk;
import dev.millrace.registry.SimulatedLog;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.TreeMap;

/** What holds in a {@link Simulation} at all times, whatever goes wrong. */
final class Invariants {

    private final Faults faults;
    private final SimulatedDisk disk;
    private final SimulatedLog log;

    Invariants(Faults faults, SimulatedDisk disk, SimulatedLog log) {
        this.faults = faults;
        this.disk = disk;
        this.log = log;
    }

    /** The moment at which others can see a version for the first time. */
    void holdAtACommit() {
        noVersionIsVisibleBeforeItsFilesAreDurable();
        everyParentIsVisible();
        noVersionIsEverReplaced();
        noExampleIsLearnedTwiceOrSkipped();
        theChampionIsTheNewestVersion();
        theAuditTopicTellsOfEachVersionOnce();
        versionsAndConsumedOffsetMoveTogether();
    }

    void holdBetweenProcesses() {
        noVersionIsVisibleWhoseFilesDoNotVerify();
        everyParentIsVisible();
        noVersionIsEverReplaced();
        noExampleIsLearnedTwiceOrSkipped();
        theChampionIsTheNewestVersion();
        theAuditTopicTellsOfEachVersionOnce();
        versionsAndConsumedOffsetMoveTogether();
    }

    private void noVersionIsVisibleBeforeItsFilesAreDurable() {
        VersionRecord newest = versions().get(versions().size() - 1);
        for (Artifact artifact : newest.artifacts()) {
            assertThat(check(() -> disk.holdsDurably(artifact)))
                    .as(
                            "%s: no version is visible before its files are durable: version %s, %s",
                            faults, newest.version(), artifact)
                    .isTrue();
        }
    }

    /** Training states of versions that were superseded are deleted, all else stays for ever. */
    private void noVersionIsVisibleWhoseFilesDoNotVerify() {
        List<VersionRecord> versions = versions();
        int superseded = versions.size() - SimulatedTrainer.POLICY.trainingStates();
        for (int i = 0; i < versions.size(); i++) {
            for (Artifact artifact : versions.get(i).artifacts()) {
                boolean needed = i >= superseded || !artifact.role().equals(CheckpointFiles.TRAINING_STATE);
                assertThat(!needed || check(() -> disk.holds(artifact)))
                        .as(
                                "%s: no version is visible whose files do not verify: version %s, %s",
                                faults, versions.get(i).version(), artifact)
                        .isTrue();
            }
        }
    }

    private void everyParentIsVisible() {
        Long parent = null;
        long number = 1;
        for (VersionRecord version : versions()) {
            assertThat(version.version())
                    .as("%s: versions are numbered without gaps", faults)
                    .isEqualTo(number++);
            assertThat(version.parent())
                    .as("%s: every parent is visible: version %s", faults, version.version())
                    .isEqualTo(parent);
            parent = version.version();
        }
    }

    private void noVersionIsEverReplaced() {
        assertThat(log.commitsOfVersions().values())
                .as("%s: no version is ever replaced", faults)
                .allMatch(commits -> commits == 1);
    }

    private void noExampleIsLearnedTwiceOrSkipped() {
        for (VersionRecord version : versions()) {
            assertThat(version.examples())
                    .as("%s: no example is learned twice or skipped: version %s", faults, version.version())
                    .isEqualTo(log.examplesBelow(version.position().nextOffset()));
        }
    }

    private void theChampionIsTheNewestVersion() {
        assertThat(log.registry().resolve(SimulatedTrainer.MODEL, Alias.CHAMPION))
                .as("%s: the champion is the newest version", faults)
                .isEqualTo(log.registry().latest(SimulatedTrainer.MODEL));
    }

    private void theAuditTopicTellsOfEachVersionOnce() {
        assertThat(log.events())
                .as("%s: the audit topic tells of each version once", faults)
                .filteredOn(event -> event.action() == RegistryEvent.Action.PUBLISHED)
                .extracting(RegistryEvent::version)
                .containsExactlyElementsOf(
                        versions().stream().map(VersionRecord::version).toList());
    }

    private void versionsAndConsumedOffsetMoveTogether() {
        long reached = log.registry()
                .latest(SimulatedTrainer.MODEL)
                .map(version -> version.position().nextOffset())
                .orElse(0L);
        assertThat(log.consumed())
                .as("%s: versions and consumed offset move together", faults)
                .isEqualTo(reached);
    }

    /** All of the versions that must not depend on when, where, and by how many processes they were made. */
    List<String> history() {
        return versions().stream()
                .map(version -> version.version() + " after " + version.parent() + ": " + version.examples()
                        + " examples in " + version.steps() + " steps up to "
                        + version.position().nextOffset() + ", " + version.labels() + ", "
                        + new TreeMap<>(version.metrics()) + ", " + new TreeMap<>(version.settings()) + ", "
                        + version.artifacts())
                .toList();
    }

    List<VersionRecord> versions() {
        return log.registry().versions(SimulatedTrainer.MODEL);
    }

    private interface Check {
        boolean holds() throws IOException;
    }

    private static boolean check(Check check) {
        try {
            return check.holds();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
