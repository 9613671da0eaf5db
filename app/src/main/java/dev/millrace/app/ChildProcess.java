package dev.millrace.app;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How a child of {@code bench kill} or {@code bench trainers} is started: the same Java and class path as this process, one
 * thread of arithmetic, and all that makes a JVM start fast.
 *
 * @param settings every one of them, so that the child looks for none itself
 * @param folder the child works in
 * @param archive of loaded classes, made by the first child that ends in peace; null for none, as several children at a time
 *     must not make one
 * @param options of {@link KillChildCommand}, beside the settings
 */
record ChildProcess(
        List<EffectiveSettings.Entry> settings,
        Path folder,
        @Nullable Path archive,
        List<String> options) {

    ChildProcess {
        settings = List.copyOf(settings);
        options = List.copyOf(options);
    }

    ProcessBuilder builder() {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:+ExitOnOutOfMemoryError",
                "-Xmx512m",
                "-Djava.awt.headless=true"));
        if (archive != null && Files.exists(archive)) {
            command.add("-XX:SharedArchiveFile=" + archive);
        } else if (archive != null && isAllJars()) {
            command.add("-XX:ArchiveClassesAtExit=" + archive);
        }
        command.addAll(List.of("-cp", classPath(), Main.class.getName(), "bench", "kill-child"));
        command.addAll(options);
        settings.forEach(entry -> command.addAll(List.of("--set", entry.key() + "=" + entry.value())));
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.redirectError(
                ProcessBuilder.Redirect.appendTo(folder.resolve("child.err").toFile()));
        builder.environment().keySet().removeIf(name -> name.startsWith("MILLRACE_") && !name.endsWith("LOG_LEVEL"));
        builder.environment().put("OMP_NUM_THREADS", "1");
        builder.environment().putIfAbsent("GOMP_SPINCOUNT", "1000");
        return builder;
    }

    /** Only jars can be archived. */
    private static boolean isAllJars() {
        return Stream.of(classPath().split(File.pathSeparator)).allMatch(part -> part.endsWith(".jar"));
    }

    private static String classPath() {
        return System.getProperty("java.class.path");
    }
}
