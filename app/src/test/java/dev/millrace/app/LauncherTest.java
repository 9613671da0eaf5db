package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The real launcher script, with a Java and a Maven that only say what they were asked for. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the script is for POSIX shells")
class LauncherTest {

    @TempDir
    private Path folder = Path.of("");

    private Path home = Path.of("");
    private Path tools = Path.of("");
    private Path jdk = Path.of("");

    @BeforeEach
    void install() throws IOException {
        home = Files.createDirectories(folder.resolve("home of millrace"));
        Files.copy(Path.of("..", "millrace"), home.resolve("millrace"));
        Files.setPosixFilePermissions(home.resolve("millrace"), PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(home.resolve("pom.xml"), "");
        Path sources = Files.createDirectories(home.resolve("app/src/main"));
        Files.writeString(home.resolve("app/pom.xml"), "");
        age(home.resolve("pom.xml"), home.resolve("app/pom.xml"), sources);
        tools = Files.createDirectories(folder.resolve("tools"));
        for (String tool : List.of("dirname", "readlink", "find", "head", "sed", "date", "mkdir", "rm", "mv")) {
            script(tools.resolve(tool), "exec " + which(tool) + " \"$@\"");
        }
        jdk = folder.resolve("jdk");
        java(17);
        script(jdk.resolve("bin/javac"), "");
        script(
                tools.resolve("mvn"),
                "echo \"$*\" >>\"" + folder + "/mvn.log\"; : >\"" + home + "/app/target/millrace-app.jar\"");
    }

    private void java(int version) throws IOException {
        script(
                jdk.resolve("bin/java"),
                "[ \"$1\" = -version ] && { echo 'openjdk version \"" + version + ".0.1\"' >&2; exit 0; }\n"
                        + "echo \"$$\"; for a in \"$@\"; do echo \"$a\"; done; exit 7");
    }

    private static void script(Path file, String text) throws IOException {
        Files.createDirectories(file.resolveSibling("."));
        Files.writeString(file, "#!/bin/sh\n" + text + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static void age(Path... files) throws IOException {
        for (Path file : files) {
            Files.setLastModifiedTime(file, FileTime.from(Instant.EPOCH));
        }
    }

    private static Path which(String tool) {
        return Stream.of(System.getenv("PATH").split(":"))
                .map(directory -> Path.of(directory, tool))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow();
    }

    private record Outcome(long pid, int exit, List<String> out, String err) {}

    private Outcome run(Path launcher, Map<String, String> variables, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(arguments));
        Path err = folder.resolve("err");
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectError(err.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", tools.toString());
        builder.environment().put("JAVA_HOME", jdk.toString());
        builder.environment().putAll(variables);
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Outcome(process.pid(), process.waitFor(), out.lines().toList(), Files.readString(err));
    }

    private Outcome run(String... arguments) throws Exception {
        return run(home.resolve("millrace"), Map.of(), arguments);
    }

    private List<String> builds() throws IOException {
        Path log = folder.resolve("mvn.log");
        return Files.exists(log) ? Files.readAllLines(log) : List.of();
    }

    @Test
    void buildsOnFirstUseAndSaysSoAndNotAgain() throws Exception {
        Outcome first = run("--version");
        Outcome second = run("--version");

        assertThat(first.err()).containsPattern("^millrace: building, .* done in \\d+ s\n$");
        assertThat(second.err()).isEmpty();
        assertThat(builds()).hasSize(1).first().asString().contains("-f " + home + "/pom.xml", "package");
    }

    @Test
    void buildsAgainWhenASourceIsNewer() throws Exception {
        run("--version");
        Files.writeString(home.resolve("app/src/main/New.java"), "");
        Files.setLastModifiedTime(
                home.resolve("app/src/main/New.java"), FileTime.from(Instant.parse("2100-01-01T00:00:00Z")));

        run("--version");

        assertThat(builds()).hasSize(2);
    }

    @Test
    void whatMavenWasToldHoldsUntilItIsToldOtherwise() throws Exception {
        Path launcher = home.resolve("millrace");
        run();
        run(launcher, Map.of("MILLRACE_MAVEN_ARGS", "-Pbases -o"));
        run();
        Files.writeString(home.resolve("app/src/main/New.java"), "");
        Files.setLastModifiedTime(
                home.resolve("app/src/main/New.java"), FileTime.from(Instant.parse("2100-01-01T00:00:00Z")));
        run();
        Files.delete(home.resolve("app/src/main/New.java"));
        age(home.resolve("app/src/main"));
        run(launcher, Map.of("MILLRACE_MAVEN_ARGS", ""));
        run();

        assertThat(builds().stream().map(build -> build.contains(" -Pbases -o package")))
                .containsExactly(false, true, true, false);
    }

    @Test
    void becomesJavaSoThatSignalsReachIt() throws Exception {
        Outcome outcome = run(
                home.resolve("millrace"), Map.of("MILLRACE_JAVA_OPTS", "-Xmx1g -Dx=y"), "produce", "a file.csv", "*");

        assertThat(outcome.exit()).isEqualTo(7);
        assertThat(outcome.out()).first().isEqualTo(Long.toString(outcome.pid()));
        assertThat(outcome.out())
                .containsSubsequence(
                        "-Dmillrace.terminal=false",
                        "-Xmx1g",
                        "-Dx=y",
                        "-jar",
                        home + "/app/target/millrace-app.jar",
                        "produce",
                        "a file.csv",
                        "*");
    }

    @Test
    void findsItsHomeBehindLinks() throws Exception {
        Path relative = Files.createSymbolicLink(folder.resolve("relative"), Path.of("home of millrace", "millrace"));
        Path absolute = Files.createSymbolicLink(folder.resolve("absolute"), relative.toAbsolutePath());

        assertThat(run(absolute, Map.of()).out()).contains(home.toRealPath() + "/app/target/millrace-app.jar");
    }

    @Test
    void saysWhatIsMissing() throws Exception {
        assertThat(run(home.resolve("millrace"), Map.of("JAVA_HOME", "/nowhere")))
                .satisfies(outcome -> assertRefused(outcome, "JAVA_HOME is /nowhere, but there is no bin/java in it"));
        assertThat(run(home.resolve("millrace"), Map.of("JAVA_HOME", "")))
                .satisfies(outcome -> assertRefused(outcome, "install a JDK of version 17 or newer"));
        java(11);
        assertRefused(run(), "Java 17 or newer is needed, but");
        java(21);
        Files.delete(tools.resolve("mvn"));
        assertRefused(run(), "install Maven 3.8 or newer");
    }

    @Test
    void aBuildThatFailsShowsWhyAndIsTriedAgain() throws Exception {
        script(tools.resolve("mvn"), "echo 'the reason'; exit 1");

        Outcome outcome = run();

        assertThat(outcome.exit()).isEqualTo(1);
        assertThat(outcome.err()).contains("the reason", "millrace: the build failed, see above");
        assertThat(home.resolve("app/target/.built")).doesNotExist();
    }

    private static void assertRefused(Outcome outcome, String message) {
        assertThat(outcome.exit()).isEqualTo(2);
        assertThat(outcome.err()).startsWith("millrace: ").contains(message);
        assertThat(outcome.err().lines()).hasSize(1);
    }
}
