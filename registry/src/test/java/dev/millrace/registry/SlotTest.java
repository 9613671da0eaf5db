package dev.millrace.registry;

import static dev.millrace.registry.Examples.version;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class SlotTest {

    private final Slot<Toy> slot = new Slot<>();

    @Test
    void closesAVersionWhenItsLastUseEnds() {
        Toy first = new Toy(1);
        Toy second = new Toy(2);
        slot.swap(version("m", 1), first);
        Lease<Toy> one = slot.acquire().orElseThrow();
        Lease<Toy> other = slot.acquire().orElseThrow();

        slot.swap(version("m", 2), second);

        assertThat(one.value()).isSameAs(first);
        one.close();
        one.close();
        assertThat(first.closes()).isZero();
        assertThat(other.value()).isSameAs(first);
        other.close();
        assertThat(first.closes()).isOne();
        assertThatThrownBy(other::value).isInstanceOf(IllegalStateException.class);
        assertThat(second.closes()).isZero();
        try (Lease<Toy> now = slot.acquire().orElseThrow()) {
            assertThat(now.version()).isEqualTo(version("m", 2));
        }
    }

    @Test
    void closesWhatComesAfterItWasClosed() {
        Toy first = new Toy(1);
        Toy late = new Toy(2);
        slot.swap(version("m", 1), first);
        slot.close();
        slot.close();
        slot.swap(version("m", 2), late);

        assertThat(first.closes()).isOne();
        assertThat(late.closes()).isOne();
        assertThat(slot.acquire()).isEmpty();
        assertThat(slot.version()).isEmpty();
    }

    @Test
    void goesOnWhenAVersionDoesNotCloseCleanly() {
        slot.swap(version("m", 1), new Toy(1) {
            @Override
            public void close() {
                super.close();
                throw new IllegalStateException("does not close");
            }
        });
        slot.swap(version("m", 2), new Toy(2));
        assertThat(slot.version()).contains(version("m", 2));
    }

    @Test
    void neverHandsOutWhatIsClosed() throws Exception {
        int users = 6;
        int swaps = 2_000;
        List<Toy> toys = new ArrayList<>();
        for (int i = 1; i <= swaps; i++) {
            toys.add(new Toy(i));
        }
        slot.swap(version("m", 1), toys.get(0));
        CyclicBarrier start = new CyclicBarrier(users + 1);
        ExecutorService threads = Executors.newFixedThreadPool(users);
        try {
            List<Future<Long>> uses = new ArrayList<>();
            for (int i = 0; i < users; i++) {
                uses.add(threads.submit(() -> {
                    start.await();
                    long seen = 0;
                    while (seen < swaps) {
                        try (Lease<Toy> lease = slot.acquire().orElseThrow()) {
                            assertThat(lease.value().number())
                                    .isEqualTo(lease.version().version());
                            assertThat(lease.version().version()).isGreaterThanOrEqualTo(seen);
                            seen = lease.version().version();
                            assertThat(lease.value().closes()).isZero();
                        }
                    }
                    return seen;
                }));
            }
            start.await();
            for (int i = 2; i <= swaps; i++) {
                slot.swap(version("m", i), toys.get(i - 1));
            }
            for (Future<Long> use : uses) {
                assertThat(use.get()).isEqualTo(swaps);
            }
        } finally {
            threads.shutdownNow();
        }
        slot.close();
        assertThat(toys).allSatisfy(toy -> assertThat(toy.closes()).isOne());
    }
}
