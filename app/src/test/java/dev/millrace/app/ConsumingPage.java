package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.File;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/** The service of {@code docs/consuming.md}, compiled from the page. */
final class ConsumingPage {

    private static final List<String> IMPORTS = List.of(
            "static java.nio.charset.StandardCharsets.UTF_8",
            "com.sun.net.httpserver.HttpServer",
            "dev.millrace.model.*",
            "dev.millrace.registry.*",
            "java.nio.file.Path",
            "java.time.Duration",
            "java.util.*");

    private ConsumingPage() {}

    /** Compiles the service into a folder and starts it; to be closed. */
    static AutoCloseable start(Path folder, HttpServer http, String brokers, Path artifacts, String name)
            throws Exception {
        Matcher block = Pattern.compile("(?s)```java\\s+(final class Service .*?)```")
                .matcher(Files.readString(Path.of("..", "docs", "consuming.md")));
        assertThat(block.find()).isTrue();
        Path source = Files.createDirectories(folder).resolve("Service.java");
        String imports =
                IMPORTS.stream().map(imported -> "import " + imported + "; ").collect(Collectors.joining());
        Files.writeString(source, imports + block.group(1));
        // Nothing of the trainer is on its class path.
        String classPath = Stream.of(System.getProperty("java.class.path").split(Pattern.quote(File.pathSeparator)))
                .filter(entry -> !entry.contains("trainer"))
                .collect(Collectors.joining(File.pathSeparator));
        assertThat(ToolProvider.getSystemJavaCompiler()
                        .run(
                                null,
                                null,
                                null,
                                "-Werror",
                                "-Xlint:all,-path",
                                "-cp",
                                classPath,
                                "-d",
                                folder.toString(),
                                source.toString()))
                .isZero();
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {folder.toUri().toURL()}, ConsumingPage.class.getClassLoader())) {
            Method start = loader.loadClass("Service")
                    .getDeclaredMethod("start", HttpServer.class, String.class, Path.class, String.class);
            start.setAccessible(true);
            return (AutoCloseable) start.invoke(null, http, brokers, artifacts, name);
        }
    }
}
