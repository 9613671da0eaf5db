package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

class CommandLineTest {

    @TempDir
    private Path folder = Path.of("");

    private Shell shell() {
        return new Shell(folder);
    }

    static Stream<String> commands() {
        return names("", CommandTree.of(new Shell(Path.of("")).surroundings(), new LogOutput()));
    }

    private static Stream<String> names(String prefix, CommandLine command) {
        return command.getSubcommands().entrySet().stream()
                .filter(entry ->
                        !entry.getValue().getCommandSpec().usageMessage().hidden())
                .flatMap(entry -> Stream.concat(
                        Stream.of(prefix + entry.getKey()), names(prefix + entry.getKey() + " ", entry.getValue())));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyCommandExplainsItselfWithExamples(String command) {
        Shell shell = shell();

        assertThat(shell.run((command + " --help").split(" "))).isZero();
        assertThat(shell.out())
                .startsWith("Usage: millrace " + command)
                .contains("Example")
                .contains("  millrace " + command)
                .containsPattern("Exit codes:\\R +0 ")
                .contains("--help");
        assertThat(shell.err()).isEmpty();
    }

    @Test
    void helpOfTheWholeListsTheCommands() {
        Shell shell = shell();

        assertThat(shell.run("--help")).isZero();
        assertThat(shell.out()).contains("Usage: millrace", "settings");
    }

    @Test
    void saysItsVersion() {
        Shell shell = shell();

        assertThat(shell.run("--version")).isZero();
        assertThat(shell.out()).startsWith("millrace ").contains("Java ");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    setings                        | millrace: there is no command setings; did you mean settings?
                    settings --efective            | millrace settings: Unknown option: '--efective'; did you mean --effective?
                    settings -c                    | millrace settings: Missing required parameter for option '--config'
                    settings --effective -c gone   | gone: no such file
                    settings --effective --set a=b | millrace settings: option --set: there is no setting a
                    --frobnicate                   | millrace: Unknown option: '--frobnicate'
                    registry retire m 1 --alias a  | millrace registry retire: Unknown option
                    registry remove-alias m        | millrace registry remove-alias: Missing required option: '--alias=NAME'
                    """)
    void whatTheUserCanMendIsOneLineAndExitCodeTwo(String arguments, String line) {
        Shell shell = shell();

        assertThat(shell.run(arguments.split(" "))).isEqualTo(2);
        assertThat(shell.err())
                .contains(line)
                .doesNotContain("\tat ")
                .satisfies(text -> assertThat(text.lines()).hasSize(1));
        assertThat(shell.out()).isEmpty();
    }

    @Test
    void withoutACommandSaysHowToGoOn() {
        Shell shell = shell();

        assertThat(shell.run()).isEqualTo(2);
        assertThat(shell.err()).isEqualToIgnoringNewLines("millrace: which command? \"millrace --help\" lists them");
    }

    @Test
    void severalProblemsWithSettingsAreALineEach() {
        Shell shell = shell();

        assertThat(shell.run("settings", "--effective", "--set", "trainer.seed=x", "--set", "http.port=y"))
                .isEqualTo(2);
        assertThat(shell.err().lines())
                .hasSize(2)
                .allMatch(line -> line.startsWith("millrace settings: option --set: "));
    }

    @Test
    void showsWhatIsInForceFromFileEnvironmentAndOptions() throws IOException {
        Files.writeString(folder.resolve("millrace.yaml"), "trainer:\n  seed: 7\n");
        Shell shell = shell().with(Map.of("MILLRACE_HTTP_PORT", "0"));

        assertThat(shell.run("settings", "--effective", "--set", "trainer.batch-size=16"))
                .isZero();
        assertThat(shell.out().lines())
                .contains(
                        "trainer.seed = 7  # " + folder.resolve("millrace.yaml") + ":2",
                        "http.port = 0  # environment: MILLRACE_HTTP_PORT",
                        "trainer.batch-size = 16  # option --set",
                        "models = default  # default");
    }

    @CommandLine.Command(name = "explode")
    private static final class Exploding implements Runnable {

        private final LogOutput logs;
        private final Path dataDirectory;

        Exploding(LogOutput logs, Path dataDirectory) {
            this.logs = logs;
            this.dataDirectory = dataDirectory;
        }

        @Override
        public void run() {
            logs.toFile(dataDirectory, "explode");
            throw new IllegalStateException("the core\nis hot");
        }
    }

    private int explode(Shell shell) {
        try (LogOutput logs = new LogOutput()) {
            return CommandTree.of(shell.surroundings(), logs)
                    .addSubcommand(new Exploding(logs, folder))
                    .setErr(shell.surroundings().err())
                    .execute("explode");
        }
    }

    @Test
    void whatNobodyExpectedIsOneLineThatNamesTheLogWhichHasTheRest() {
        Shell shell = shell();
        Path log = folder.resolve("logs/explode.log").toAbsolutePath();

        assertThat(explode(shell)).isEqualTo(1);

        assertThat(shell.err())
                .isEqualToIgnoringNewLines(
                        "millrace explode: unexpected failure: IllegalStateException: the core is hot; "
                                + "the log says more: " + log);
        assertThat(log).content().contains("millrace explode failed", "IllegalStateException", "\tat ");
    }

    @Test
    void verboseShowsTheStackTraceToo() {
        Shell shell = shell();

        assertThat(shell.run("--verbose")).isEqualTo(2);
        assertThat(shell.err()).contains("which command?", "\tat ");
    }
}
