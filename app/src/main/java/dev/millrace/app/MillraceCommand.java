package dev.millrace.app;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The command without a name of its own: holds the others, and what is common to all. */
@Command(
        name = "millrace",
        description = "Fine-tuning as a stream: labelled examples in, trusted model versions out.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        versionProvider = MillraceVersion.class,
        scope = ScopeType.INHERIT,
        usageHelpAutoWidth = true,
        footer = {"", "\"millrace COMMAND --help\" explains a command and shows examples."})
final class MillraceCommand implements Runnable {

    @Option(
            names = "--verbose",
            scope = ScopeType.INHERIT,
            description = "Show the log on the console too, and the stack trace of a failure.")
    private boolean verbose;

    boolean verbose() {
        return verbose;
    }

    @Override
    public void run() {
        throw new CommandException("which command? \"millrace --help\" lists them");
    }
}
