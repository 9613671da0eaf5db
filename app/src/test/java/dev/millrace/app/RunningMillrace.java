package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A command of {@code millrace} in a process of its own, to be sent signals. */
final class RunningMillrace implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Process process;
    private final Path output;
    private final Path log;

    /** {@code millrace run} with the tiny base. */
    RunningMillrace(Path folder, String name, String bootstrapServers, String roles, String... settings)
            throws IOException {
        this(List.of(), folder, name, bootstrapServers, roles, settings);
    }

    /** The same, started by another command, which gets it as its last arguments and becomes it. */
    RunningMillrace(
            List<String> starter, Path folder, String name, String bootstrapServers, String roles, String... settings)
            throws IOException {
        this(
                starter,
                folder,
                name,
                List.of("run", "--roles", roles, "--bootstrap-servers", bootstrapServers),
                Stream.concat(
                                Stream.of(
                                        "trainer.base=tiny",
                                        "trainer.batch-size=8",
                                        "trainer.version-every-examples=16",
                                        "trainer.threads=1",
                                        "kafka.partitions=1",
                                        "http.port=0",
                                        "registry.store=" + folder.resolve("store")),
                                Stream.of(settings))
                        .toList());
    }

    private RunningMillrace(
            List<String> starter, Path folder, String name, List<String> arguments, List<String> settings)
            throws IOException {
        Path data = folder.resolve(name);
        output = folder.resolve(name + ".out");
        log = data.resolve("logs").resolve(arguments.get(0) + ".log");
        Files.deleteIfExists(log);
        List<String> command = new ArrayList<>(starter);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        command.addAll(arguments);
        command.addAll(List.of("--set", "data-directory=" + data));
        for (String setting : settings) {
            command.addAll(List.of("--set", setting));
        }
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().put("OMP_NUM_THREADS", "1");
        process = builder.start();
    }

    /** {@code millrace broker}; port 0 takes a free one. */
    static RunningMillrace broker(List<String> starter, Path folder, String name, int port, Path data)
            throws IOException {
        return new RunningMillrace(
                starter,
                folder,
                name,
                List.of("broker", "--port", Integer.toString(port), "--data", data.toString()),
                List.of());
    }

    /** Waits until it prints something, and gives the first group of it. */
    String untilPrinted(Pattern pattern) {
        await(
                () -> !isAlive() || pattern.matcher(printed()).find(),
                () -> "it prints " + pattern + ", but printed: " + printed());
        Matcher matcher = pattern.matcher(printed());
        assertThat(matcher.find()).as(printed()).isTrue();
        return matcher.group(1);
    }

    void signal(String name) throws Exception {
        Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .inheritIO()
                .start();
        assertThat(kill.waitFor()).isZero();
    }

    /** Waits until the log says something. */
    void untilLogged(String text) {
        await(() -> logged().contains(text), "the log says: " + text);
    }

    String logged() {
        try {
            return Files.exists(log) ? Files.readString(log) : "";
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    String printed() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    int exitWithin(Duration patience) throws InterruptedException {
        assertThat(process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS))
                .as("ended within %s; it printed: %s", patience, printed())
                .isTrue();
        return process.exitValue();
    }

    static void await(BooleanSupplier condition, String what) {
        await(condition, () -> what);
    }

    /** Waits for a condition; what it is may be said when it did not come true. */
    static void await(BooleanSupplier condition, Supplier<String> what) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - deadline).as(what).isNegative();
            LockSupport.parkNanos(20_000_000);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
