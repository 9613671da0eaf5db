package dev.millrace.monitoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.monitoring.HealthReport.Check;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class HealthTest {

    private final Health health = new Health();

    @Test
    void isWellWithoutChecks() {
        assertThat(health.live()).isEqualTo(health.ready());
        assertThat(health.ready().healthy()).isTrue();
    }

    @Test
    void asksEachTime() {
        AtomicReference<Optional<String>> broker = new AtomicReference<>(Optional.of("no broker at kafka:9092"));
        health.register("kafka", broker::get);

        assertThat(health.ready().healthy()).isFalse();
        assertThat(health.ready().checks()).containsExactly(new Check("kafka", "no broker at kafka:9092", ""));
        broker.set(Optional.empty());
        assertThat(health.ready().healthy()).isTrue();
        assertThat(health.ready().checks()).containsExactly(new Check("kafka", null, ""));
    }

    @Test
    void whatMayHealDoesNotAskForARestart() {
        health.register("model", () -> Optional.of("no version is served yet"));
        health.registerVital("training thread", Optional::empty);

        assertThat(health.live().healthy()).isTrue();
        assertThat(health.live().checks()).extracting(Check::name).containsExactly("training thread");
        assertThat(health.ready().healthy()).isFalse();
    }

    @Test
    void whatOnlyARestartHealsIsNotReadyEither() {
        health.registerVital("training thread", () -> Optional.of("died: loss is NaN"));

        assertThat(health.live().healthy()).isFalse();
        assertThat(health.ready().healthy()).isFalse();
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
                                "the check itself failed: java.lang.IllegalStateException: no connection",
                                ""),
                        new Check("fine", null, ""));
    }

    @Test
    void refusesANameThatIsTaken() {
        health.register("kafka", Optional::empty);

        assertThatThrownBy(() -> health.registerVital("kafka", Optional::empty))
                .hasMessage("there is a check named kafka already");
    }

    @Test
    void aCheckMayHaveSomethingToSayWhileNothingIsWrong() {
        Health health = new Health();
        health.register("serving", Optional::empty, () -> "heard 2 s ago");
        assertThat(health.ready().healthy()).isTrue();
        assertThat(health.ready().checks()).containsExactly(new Check("serving", null, "heard 2 s ago"));
    }
}
