package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.ingest.ExampleJson;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a mini-batch that no memory suffices for does to {@code millrace run}, in processes whose memory is limited. */
@Timeout(180)
@Tag("slow")
class MemoryFaultTest {

    private static final int ABSURD = 4096;
    private static final int TOKENS = 512;

    /**
     * Room for a start and ordinary steps, and less than one tensor of the absurd step: the attention of 4 heads between
     * 512 tokens of 4,096 texts is 17 GB in float32, and 8.6 GB in bfloat16.
     */
    private static final long LIMIT_KIB = 8_000_000;

    @TempDir
    private Path folder = Path.of("");

    private static List<String> limitedTo(long kibibytes) {
        // Each thread's arena reserves addresses, which the limit counts and nobody uses.
        return List.of("sh", "-c", "ulimit -v " + kibibytes + " && MALLOC_ARENA_MAX=2 exec \"$@\"", "sh");
    }

    @BeforeEach
    void needsALimitThatIsKept() throws Exception {
        if (!starts(limitedTo(LIMIT_KIB)) || starts(limitedTo(50_000))) {
            abort("this system keeps no limit of a process's memory (ulimit -v)");
        }
    }

    private static boolean starts(List<String> limit) throws InterruptedException {
        List<String> command = new ArrayList<>(limit);
        command.addAll(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m", "-version"));
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void aMiniBatchThatNoMemorySufficesForIsNamedAndTheLastVersionIsIntact() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder.resolve("kafka"))) {
            TaughtModel model = new TaughtModel(broker.bootstrapServers());
            try (RunningMillrace modest = limited(broker, "modest", 8)) {
                modest.untilLogged("Training default from offset 0");
                model.send("training-examples", IntStream.range(0, 16).mapToObj(MemoryFaultTest::longExample));
                RunningMillrace.await(() -> model.hasLearned(16), modest::printed);
                // Killed, it would be missed by its group after 10 s only, and the next would wait for that.
                modest.signal("TERM");
                assertThat(modest.exitWithin(Duration.ofSeconds(20))).isEqualTo(143);
            }
            model.send("training-examples", IntStream.range(16, 16 + ABSURD).mapToObj(MemoryFaultTest::longExample));

            try (RunningMillrace absurd = limited(broker, "absurd", ABSURD)) {
                assertThat(absurd.exitWithin(Duration.ofSeconds(60))).isEqualTo(1);
                assertThat(absurd.printed())
                        .contains("there is not enough memory for a step of 4096 fresh examples (trainer.batch-size)")
                        .contains("of up to 512 tokens (trainer.max-tokens)")
                        .contains("The last version is intact, and training goes on after it");
            }
            assertThat(model.versions()).extracting(VersionRecord::examples).containsExactly(16L);

            try (RunningMillrace modest = limited(broker, "modest", 8)) {
                RunningMillrace.await(() -> model.hasLearned(48), modest::printed);
            }
            model.assertOneChain();
            // The ledger holds nothing but examples here, so each of them up to there was learned, and once.
            assertThat(model.versions())
                    .allSatisfy(version ->
                            assertThat(version.position().nextOffset()).isEqualTo(version.examples()));
        }
    }

    private RunningMillrace limited(EmbeddedBroker broker, String name, int batchSize) throws IOException {
        return new RunningMillrace(
                limitedTo(LIMIT_KIB),
                folder,
                name,
                broker.bootstrapServers(),
                "trainer",
                "trainer.batch-size=" + batchSize,
                "trainer.max-tokens=" + TOKENS,
                "trainer.max-batch-age=1h");
    }

    private static byte[] longExample(int index) {
        return ExampleJson.write(new LabelledExample(
                "long-" + index, TaughtModel.NAME, "on and ".repeat(TOKENS / 2), "long", Instant.EPOCH, null, 1));
    }
}
