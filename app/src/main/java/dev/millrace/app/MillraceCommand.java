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
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:It did what it was asked for.",
            "1:Something failed that should not; the log says more.",
            "2:The command line, the settings or what they name are wrong, or nobody answers there."
        },
        footer = {
            "",
            "\"millrace COMMAND --help\" explains a command and shows examples.",
            "Settings come from millrace.yaml, from variables such as MILLRACE_HTTP_PORT and from --set;",
            "\"millrace settings\" lists them, and docs/README.md leads to everything else."
        })
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
