package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.registry.VersionRecord;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What signals do to {@code millrace run}, in processes of its own. */
@Timeout(180)
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "signals are POSIX")
class ProcessFaultsTest {

    private static final int TERMINATED = 143;

    @TempDir
    private Path folder = Path.of("");

    private EmbeddedBroker broker;
    private TaughtModel model;

    @BeforeEach
    void openBroker() {
        broker = EmbeddedBroker.start(folder.resolve("kafka"));
        model = new TaughtModel(broker.bootstrapServers());
    }

    @AfterEach
    void closeBroker() {
        broker.close();
    }

    private RunningMillrace run(String name, String roles, String... settings) throws Exception {
        return new RunningMillrace(folder, name, broker.bootstrapServers(), roles, settings);
    }

    @Test
    void aTrainerThatSleptThroughItsSessionPublishesNothing() throws Exception {
        try (RunningMillrace sleeper = run("sleeper", "trainer")) {
            sleeper.untilLogged("Training default from offset 0");
            model.send("training-examples", 0, 16);
            RunningMillrace.await(() -> model.hasLearned(16), "a first version");
            sleeper.signal("STOP");
            try (RunningMillrace other = run("other", "trainer")) {
                other.untilLogged("after version 1");
                model.send("training-examples", 16, 48);
                RunningMillrace.await(() -> model.hasLearned(48), "versions of the other trainer");
                assertThat(model.versions()).hasSize(3);

                sleeper.signal("CONT");
                model.send("training-examples", 48, 80);
                RunningMillrace.await(() -> model.hasLearned(80), "versions after the sleeper woke");
                assertThat(model.versions())
                        .extracting(VersionRecord::examples)
                        .containsExactly(16L, 32L, 48L, 64L, 80L);
                model.assertOneChain();
                assertThat(sleeper.isAlive()).as(sleeper.printed()).isTrue();
                assertThat(other.isAlive()).as(other.printed()).isTrue();
            }
        }
    }

    @Test
    void ofTwoProcessesWithOneInstanceIdTheOlderEndsWithAReason() throws Exception {
        try (RunningMillrace older = run("older", "ingest,trainer", "instance-id=pod-0")) {
            older.untilLogged("Training default from offset 0");
            model.send("examples", 0, 16);
            RunningMillrace.await(() -> model.hasLearned(16), "a first version");
            try (RunningMillrace newer = run("newer", "ingest,trainer", "instance-id=pod-0")) {
                assertThat(older.exitWithin(Duration.ofSeconds(40))).isEqualTo(1);
                assertThat(older.printed()).contains("has taken over the instance id");
                model.send("examples", 16, 48);
                RunningMillrace.await(() -> model.hasLearned(48), "versions of the newer process");
                model.assertOneChain();
                assertThat(newer.isAlive()).as(newer.printed()).isTrue();
            }
        }
    }

    @Test
    void sigtermDuringTheStartEndsItAndBreaksNothing() throws Exception {
        for (String moment :
                List.of("The effective settings are", "Created the topics", "Metrics and scoring listen")) {
            try (RunningMillrace starting = run("started", "ingest,trainer,registry,score")) {
                starting.untilLogged(moment);
                starting.signal("TERM");
                assertThat(starting.exitWithin(Duration.ofSeconds(20)))
                        .as(starting.printed())
                        .isEqualTo(TERMINATED);
            }
        }
        try (RunningMillrace again = run("started", "ingest,trainer,registry,score")) {
            model.send("examples", 0, 32);
            RunningMillrace.await(() -> model.hasLearned(32), "versions after three broken starts: " + again.printed());
            model.assertOneChain();
        }
    }

    @Test
    void sigtermWhileTrainingEndsItInTenSeconds() throws Exception {
        try (RunningMillrace training = run("training", "ingest,trainer", "instance-id=pod-0")) {
            training.untilLogged("Training default from offset 0");
            model.send("examples", 0, 4000);
            RunningMillrace.await(() -> model.hasLearned(16), "a first version");
            training.signal("TERM");
            assertThat(training.exitWithin(Duration.ofSeconds(10))).isEqualTo(TERMINATED);
        }
        long learned = model.learned();
        assertThat(learned).isLessThan(4000);
        try (RunningMillrace again = run("training", "ingest,trainer", "instance-id=pod-0")) {
            again.untilLogged("after version");
            RunningMillrace.await(() -> model.hasLearned(learned + 16), "training goes on");
            model.assertOneChain();
        }
    }
}
