package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.RegistryReader;
import dev.millrace.registry.VersionRecord;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code control}, {@code registry replay} and {@code registry unlearn}, as a person uses them beside a trainer. */
@Timeout(240)
class SteeringCommandsTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @TempDir
    private Path folder = Path.of("");

    private EmbeddedBroker broker;

    @BeforeEach
    void openBroker() {
        broker = EmbeddedBroker.start(folder.resolve("kafka"));
    }

    @AfterEach
    void closeBroker() {
        broker.close();
    }

    @Test
    void steersReplaysAndUnlearns() throws Exception {
        Files.writeString(folder.resolve("examples.jsonl"), examples(0, 96));
        Files.writeString(folder.resolve("more.jsonl"), examples(96, 128));
        Files.writeString(folder.resolve("wrong.jsonl"), examples(128, 160));
        ExecutorService trainer = Executors.newSingleThreadExecutor();
        try {
            Shell training = new Shell(folder);
            var exit = trainer.submit(() -> training.run(with("run", "--set", "http.port=0")));
            awaitRunning(training);
            produce("examples.jsonl");
            await(version -> version.examples() == 96);

            Shell misspelt = new Shell(folder);
            assertThat(misspelt.run(with("control", "default", "set", "recipe.lerning-rate=1")))
                    .isNotZero();
            assertThat(misspelt.err()).contains("there is no setting lerning-rate of the recipe", "ema-decay");
            Shell fixed = new Shell(folder);
            assertThat(fixed.run(with("control", "default", "set", "frozen-layers=1")))
                    .isNotZero();
            assertThat(fixed.err()).contains("trainer.frozen-layers is part of what the model is");
            Shell stranger = new Shell(folder);
            assertThat(stranger.run(with("control", "nobody", "pause"))).isNotZero();
            assertThat(stranger.err()).contains("there is no job nobody; the setting models names default");

            succeed("control", "default", "set", "recipe.learning-rate=1e-4", "--reason", "drift");
            succeed("control", "default", "pause");
            succeed("control", "default", "resume");
            produce("more.jsonl");
            VersionRecord steered = await(version -> version.examples() == 128);
            assertThat(steered.settings()).containsEntry("encoder-learning-rate", "1.0E-4");

            String replayed = succeed("registry", "replay", "default", Long.toString(steered.version()));
            assertThat(replayed)
                    .contains("again from the base: 128 examples", "the same")
                    .doesNotContain("different");

            Shell unnamed = new Shell(folder);
            assertThat(unnamed.run(with("control", "default", "rename-label", "sea")))
                    .isNotZero();
            assertThat(unnamed.err()).contains("rename-label takes the label and its new name, but got [sea]");
            assertThat(succeed("control", "default", "rename-label", "sea", "ocean"))
                    .contains("rename-label sea ocean of default lies at offset");
            VersionRecord renamed = await(version -> version.labels().contains("ocean"));
            assertThat(renamed.labels()).doesNotContain("sea").contains("kitchen");

            String asked = succeed("registry", "unlearn", "default", "--source", "crm", "--dry-run");
            assertThat(asked).contains("8 of 128 examples of default are of source crm; training again from the base");
            assertThat(succeed("registry", "unlearn", "default", "--source", "crm", "--dry-run", "--json"))
                    .contains("\"examples\" : 8", "\"of\" : 128", "\"from\" : \"the base\"");
            String unlearned = succeed("registry", "unlearn", "default", "--source", "crm", "--reason", "consent");
            assertThat(unlearned).contains("has never seen them: 120 examples, from the base");
            VersionRecord clean = await(version -> version.examples() == 120);
            assertThat(clean.parent()).isNull();
            assertThat(clean.labels()).containsExactlyInAnyOrder("kitchen", "ocean");
            assertThat(succeed("registry", "replay", "default", "latest")).doesNotContain("different");

            Shell tainted = new Shell(folder);
            assertThat(tainted.run(with("registry", "replay", "default", Long.toString(steered.version()))))
                    .isNotZero();
            assertThat(tainted.out()).contains("examples that were to be forgotten after it");
            assertThat(succeed("registry", "diff", "default", Long.toString(steered.version()), "latest"))
                    .contains(
                            "Labels", "  + ocean", "  - sea", "examples: 128.00 -> 120.00 (-8.00)", "Weights", "head");

            produce("wrong.jsonl");
            VersionRecord wrong = await(version -> version.examples() == 152);
            assertThat(succeed("registry", "rollback", "default", Long.toString(clean.version()), "--forget"))
                    .contains(
                            "is held at version " + clean.version() + "; before, it led to version " + wrong.version())
                    .contains(
                            "The trainer leaves out offsets " + clean.position().nextOffset() + " to ");
            VersionRecord goneOn = await(version -> version.examples() == 120 && version.version() > wrong.version());
            assertThat(succeed("registry", "show", "default@champion"))
                    .startsWith("Version " + clean.version() + " of");
            succeed("registry", "unpin", "default");
            assertThat(succeed("registry", "show", "default@champion"))
                    .startsWith("Version " + goneOn.version() + " of");

            Shell nothing = new Shell(folder);
            assertThat(nothing.run(with("registry", "unlearn", "default", "--source", "nobody")))
                    .isNotZero();
            assertThat(nothing.err()).contains("nothing to remove");

            trainer.shutdownNow();
            assertThat(exit.get(60, TimeUnit.SECONDS)).isZero();
        } finally {
            trainer.shutdownNow();
        }
    }

    private static String examples(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(i ->
                        "{\"id\": \"e" + i + "\", \"text\": \"number " + i + " of " + (i % 2 == 0 ? "ships" : "ovens")
                                + "\", \"label\": \"" + (i % 2 == 0 ? "sea" : "kitchen") + "\", \"source\": \""
                                + (i % 12 == 3 && i < 96 ? "crm" : "web") + "\"}\n")
                .collect(Collectors.joining());
    }

    private String[] with(String... arguments) {
        String[] common = {
            "--bootstrap-servers",
            broker.bootstrapServers(),
            "--set",
            "trainer.base=tiny",
            "--set",
            "kafka.partitions=1",
            "--set",
            "trainer.batch-size=8",
            "--set",
            "trainer.version-every-examples=32",
            "--set",
            "trainer.idle-flush=500ms"
        };
        String[] all = new String[arguments.length + common.length];
        System.arraycopy(arguments, 0, all, 0, arguments.length);
        System.arraycopy(common, 0, all, arguments.length, common.length);
        return all;
    }

    private void produce(String file) {
        succeed("produce", file);
    }

    private String succeed(String... arguments) {
        Shell shell = new Shell(folder);
        assertThat(shell.run(with(arguments))).as(shell.err()).isZero();
        return shell.out();
    }

    /** Before that, there is no topic to look into. */
    private static void awaitRunning(Shell training) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!training.out().contains("Ctrl-C ends it")) {
            assertThat(System.nanoTime()).as(training::err).isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
    }

    private VersionRecord await(Predicate<VersionRecord> wanted) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            ModelRegistry registry = RegistryReader.readAll(
                    Map.of("bootstrap.servers", broker.bootstrapServers()), "model-registry", Duration.ofSeconds(30));
            var found = registry.latest("default").filter(wanted);
            if (found.isPresent()) {
                return found.get();
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
        throw new AssertionError("no such version came within " + PATIENCE);
    }
}
