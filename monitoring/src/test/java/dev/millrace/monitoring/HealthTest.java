package dev.millrace.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.monitoring.HealthReport.Check;
import dev.millrace.monitoring.HealthReport.State;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class HealthTest {

    private static final Instant NOON = Instant.parse("2026-11-28T12:00:00Z");

    private final StoppedClock clock = new StoppedClock(NOON);
    private final Health health = new Health(clock);

    @Test
    void isWellWithoutChecks() {
        assertThat(health.live()).isEqualTo(health.ready());
        assertThat(health.ready().state()).isEqualTo(State.UP);
        assertThat(health.startup().state()).isEqualTo(State.UP);
    }

    @Test
    void asksEachTimeAndKnowsSinceWhen() {
        AtomicReference<Optional<String>> broker = new AtomicReference<>(Optional.of("no broker at kafka:9092"));
        health.register("kafka", broker::get);

        assertThat(health.ready().checks())
                .containsExactly(new Check("kafka", State.DOWN, "no broker at kafka:9092", NOON));
        clock.pass(Duration.ofSeconds(5));
        broker.set(Optional.of("no broker at kafka:9092 for 5 s"));
        assertThat(health.ready().checks())
                .containsExactly(new Check("kafka", State.DOWN, "no broker at kafka:9092 for 5 s", NOON));
        broker.set(Optional.empty());
        clock.pass(Duration.ofSeconds(1));
        assertThat(health.ready().checks()).containsExactly(new Check("kafka", State.UP, "", NOON.plusSeconds(6)));
        assertThat(health.ready().state()).isEqualTo(State.UP);
    }

    @Test
    void whatMayHealDoesNotAskForARestart() {
        health.register("model", () -> Optional.of("no version is served yet"));
        health.registerVital("training thread", Optional::empty);

        assertThat(health.live().state()).isEqualTo(State.UP);
        assertThat(health.live().checks()).extracting(Check::name).containsExactly("training thread");
        assertThat(health.ready().state()).isEqualTo(State.DOWN);
    }

    @Test
    void whatOnlyARestartHealsIsNotReadyEither() {
        health.registerVital("training thread", () -> Optional.of("died: loss is NaN"));

        assertThat(health.live().state()).isEqualTo(State.DOWN);
        assertThat(health.ready().state()).isEqualTo(State.DOWN);
    }

    @Test
    void whatSomebodyShouldLookAtIsNoReasonToSendRequestsElsewhere() {
        health.registerDegrading("versions", () -> Optional.of("version 3 waits for the store"));
        health.registerVital("training thread", Optional::empty);

        assertThat(health.ready().state()).isEqualTo(State.DEGRADED);
        assertThat(health.live().state()).isEqualTo(State.UP);
        health.register("model", () -> Optional.of("no version is served yet"));
        assertThat(health.ready().state()).isEqualTo(State.DOWN);
    }

    @Test
    void isAliveButNotReadyUntilItHasComeUp() {
        health.starting("waits for Kafka");
        assertThat(health.startup().checks())
                .containsExactly(new Check("start-up", State.DOWN, "waits for Kafka", NOON));
        assertThat(health.ready().state()).isEqualTo(State.DOWN);
        assertThat(health.live().state()).isEqualTo(State.UP);

        clock.pass(Duration.ofSeconds(3));
        health.starting("opens the trainer");
        assertThat(health.startup().checks())
                .containsExactly(new Check("start-up", State.DOWN, "opens the trainer", NOON));

        health.started();
        assertThat(health.startup().checks())
                .containsExactly(new Check("start-up", State.UP, "done", NOON.plusSeconds(3)));
        assertThat(health.ready().checks()).isEmpty();
    }

    @Test
    void aCheckThatFailsIsAProblemAndHidesNoOther() {
        health.register("broken", () -> {
            throw new IllegalStateException("no connection");
        });
        health.register("fine", Optional::empty);

        assertThat(health.ready().checks())
                .containsExactly(
                        new Check(
                                "broken",
                                State.DOWN,
                                "the check itself failed: java.lang.IllegalStateException: no connection",
                                NOON),
                        new Check("fine", State.UP, "", NOON));
    }

    @Test
    void refusesANameThatIsTaken() {
        health.register("kafka", Optional::empty);

        assertThatThrownBy(() -> health.registerVital("kafka", Optional::empty))
                .hasMessage("there is a check named kafka already");
    }

    @Test
    void aCheckMayHaveSomethingToSayWhileNothingIsWrong() {
        health.register("serving", Optional::empty, () -> "heard 2 s ago");

        assertThat(health.ready().checks()).containsExactly(new Check("serving", State.UP, "heard 2 s ago", NOON));
    }
}
