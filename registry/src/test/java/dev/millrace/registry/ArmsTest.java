package dev.millrace.registry;

import static dev.millrace.registry.Examples.version;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ArmsTest {

    private static final ModelAlias NAME = new ModelAlias("m", "champion");
    private static final int KEYS = 10_000;

    private final Slot<Toy> main = new Slot<>();
    private final Slot<Toy> tried = new Slot<>();
    private final TrialTally tally = new TrialTally("m", RegistryObserver.NONE);

    private Arms<Toy> arms(double share) {
        return new Arms<>(NAME, new Trial("candidate", share), main, tried, tally);
    }

    private static long number(Arms<Toy> arms, int key) {
        try (Lease<Toy> lease = arms.acquire("customer-" + key).orElseThrow()) {
            return lease.value().number();
        }
    }

    @Test
    void givesTheCanaryItsShareAndTheSameKeyTheSameVersion() {
        main.swap(version("m", 1), new Toy(1));
        tried.swap(version("m", 2), new Toy(2));
        long[] first = IntStream.range(0, KEYS)
                .mapToLong(key -> number(arms(0.1), key))
                .toArray();

        assertThat(tally.counts().canary()).isBetween(900L, 1100L);
        assertThat(tally.counts().main() + tally.counts().canary()).isEqualTo(KEYS);
        assertThat(IntStream.range(0, KEYS)
                        .mapToLong(key -> number(arms(0.1), key))
                        .toArray())
                .isEqualTo(first);
        // Who got the canary at a tenth keeps it when the share grows.
        assertThat(IntStream.range(0, KEYS).filter(key -> first[key] == 2))
                .allMatch(key -> number(arms(0.3), key) == 2);
    }

    @Test
    void givesEverythingToTheMainVersionWhileThereIsNoOther() {
        main.swap(version("m", 1), new Toy(1));
        assertThat(IntStream.range(0, 100)).allMatch(key -> number(arms(0.99), key) == 1);
        assertThat(tally.counts().canary()).isZero();
        main.clear();
        assertThat(arms(0.5).acquire("a")).isEmpty();
    }

    @Test
    void aShadowIsComparedAndNeverWaitedFor() throws Exception {
        main.swap(version("m", 1), new Toy(1));
        tried.swap(version("m", 2), new Toy(2));
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        try (Shadow<Toy> shadow = new Shadow<>(NAME, main, tried, tally)) {
            Function<Served<Toy>, String> unasked = served -> {
                throw new AssertionError("it was not started");
            };
            shadow.offer(unasked, "yes", String::equals);
            shadow.start();
            Function<Served<Toy>, String> slow = served -> {
                busy.countDown();
                try {
                    goOn.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                return "yes";
            };
            shadow.offer(slow, "yes", String::equals);
            busy.await();
            shadow.offer(served -> "no", "yes", String::equals);
            Function<Served<Toy>, String> broken = served -> {
                throw new AssertionError("broken");
            };
            shadow.offer(broken, "yes", String::equals);
            int more = Shadow.MOST_WAITING - 2;
            CountDownLatch asked = new CountDownLatch(more);
            for (int i = 0; i < more + 5; i++) {
                shadow.offer(
                        served -> {
                            asked.countDown();
                            return "version " + served.version().version();
                        },
                        "version 2",
                        String::equals);
            }
            assertThat(tally.counts()).isEqualTo(new TrialCounts(0, 0, 0, 0, 0, 5));
            goOn.countDown();
            assertThat(asked.await(20, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(tally.counts()).isEqualTo(new TrialCounts(0, 0, 1 + Shadow.MOST_WAITING - 2, 1, 1, 5));
    }

    @Test
    void nothingIsComparedWithItself() {
        main.swap(version("m", 1), new Toy(1));
        tried.swap(version("m", 1), new Toy(1));
        try (Shadow<Toy> shadow = new Shadow<>(NAME, main, tried, tally)) {
            shadow.start();
            for (int i = 0; i < 2 * Shadow.MOST_WAITING; i++) {
                shadow.offer(served -> "no", "yes", String::equals);
            }
        }
        assertThat(tally.counts()).isEqualTo(new TrialCounts(0, 0, 0, 0, 0, 0));
    }
}
