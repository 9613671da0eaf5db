package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The script in a real bash: what the tabulator key would offer. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the script is for POSIX shells")
class CompletionTest {

    private static final String ASK = """
            source "$1"
            COMP_WORDS=("${@:2}"); COMP_CWORD=$(($# - 2)); COMP_LINE="${COMP_WORDS[*]}"; COMP_POINT=${#COMP_LINE}
            complete -p millrace >/dev/null || exit 9
            function=$(complete -p millrace | sed 's/.*-F \\([^ ]*\\).*/\\1/')
            "$function"
            printf '%s\\n' "${COMPREPLY[@]}"
            """;

    @TempDir
    private Path folder = Path.of("");

    private List<String> offered(String... words) throws Exception {
        Shell shell = new Shell(folder);
        assertThat(shell.run("completion", "bash")).isZero();
        Path script = Files.writeString(folder.resolve("completion.bash"), shell.out());
        List<String> command = new ArrayList<>(List.of("bash", "-c", ASK, "bash", script.toString()));
        command.addAll(List.of(words));
        Process bash = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD) // bash minds that it was no key that asked
                .start();
        String said = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(bash.waitFor()).as(said).isZero();
        return said.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
    }

    @Test
    void completesCommandsOptionsAndChoices() throws Exception {
        assertThat(offered("millrace", "doc")).containsExactly("doctor");
        assertThat(offered("millrace", "registry", "ro")).containsExactly("rollback");
        assertThat(offered("millrace", "run", "--ro")).containsExactly("--roles");
        assertThat(offered("millrace", "bench", "")).doesNotContain("kill-child");
    }
}
