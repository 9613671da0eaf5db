package dev.millrace.app;

import java.io.PrintWriter;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code millrace completion}: a script by which a shell completes commands and options. */
@Command(
        name = "completion",
        description = "Print a script that lets bash or zsh complete commands and options with the tabulator key.",
        footer = {
            "",
            "Examples:",
            "  source <(millrace completion bash)       # for this bash",
            "  millrace completion bash > ~/.local/share/bash-completion/completions/millrace",
            "  source <(millrace completion zsh)        # for this zsh"
        })
final class CompletionCommand implements Runnable {

    /** Shells that the script is for. */
    enum ForShell {
        /** Version 3 or newer. */
        BASH,
        /** By its emulation of bash's completion, which the script switches on itself. */
        ZSH
    }

    private final PrintWriter out;

    @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}.")
    private ForShell shell = ForShell.BASH;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    CompletionCommand(Surroundings around) {
        this.out = around.out();
    }

    @Override
    public void run() {
        CommandLine root = spec.root().commandLine();
        if (shell == ForShell.ZSH) {
            // The script switches on zsh's emulation of bash, which needs zsh's own completion.
            out.print("autoload -Uz compinit && compinit\n");
        }
        out.print(AutoComplete.bash(root.getCommandName(), root));
        out.flush();
    }
}
