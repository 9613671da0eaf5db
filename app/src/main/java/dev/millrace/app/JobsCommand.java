package dev.millrace.app;

import picocli.CommandLine.Command;

/** {@code millrace jobs}: holds the commands about jobs that are created while others run. */
@Command(
        name = "jobs",
        description = "Create, list and remove jobs while Millrace runs, beside those that the setting models names.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Examples:", "  millrace jobs create fraud batch-size=8", "  millrace jobs list"})
final class JobsCommand implements Runnable {

    @Override
    public void run() {
        throw new CommandException("which command? \"millrace jobs --help\" lists them");
    }
}
