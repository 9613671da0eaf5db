package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What steps take of native memory they give back. */
class LeakTest {

    private static final int STEPS = 10_000;
    private static final int WARM_UP = 4_000;
    private static final int ANSWERED_EVERY = 4;

    /** An array of a hundred floats that is left open at each step would be more than this in the end. */
    private static final long MOST_GROWTH = 2L << 20;

    private static final Path STATUS = Path.of("/proc/self/status");

    private final List<TokenIds> texts = TinyBert.texts();

    @Test
    void residentMemoryDoesNotGrowOverTenThousandSteps() throws IOException {
        assumeThat(STATUS).isReadable();
        try (Network network = Network.load(TinyBert.model(), TinyBert.CPU, 1);
                ParameterGroup encoder = ParameterGroup.fresh(network, TinyBert.trainable(network));
                ParameterGroup head = ParameterGroup.fresh(network, List.of(TinyBert.head()))) {
            long before = 0;
            for (int step = 0; step < STEPS; step++) {
                if (step == WARM_UP) {
                    before = resident();
                }
                int rotated = step % texts.size();
                List<TokenIds> some = Stream.concat(
                                texts.subList(rotated, texts.size()).stream(), texts.subList(0, rotated).stream())
                        .limit(TinyBert.labels().length)
                        .toList();
                try (NDManager scope = network.manager().newSubManager()) {
                    if (step % ANSWERED_EVERY == 0) {
                        network.predict(
                                scope, encoder.averages(), TinyBert.SHAPE, head.averages(), TokenBatch.of(some));
                    }
                    network.step(
                            scope,
                            encoder,
                            0,
                            TinyBert.SHAPE,
                            head,
                            TinyBert.settings(network),
                            TokenBatch.of(some),
                            TinyBert.targets());
                }
            }
            assertThat(resident() - before).isLessThan(MOST_GROWTH);
        }
    }

    private static long resident() throws IOException {
        System.gc();
        try (Stream<String> lines = Files.lines(STATUS)) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .findFirst()
                    .orElseThrow();
        }
    }
}
