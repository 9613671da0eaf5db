package dev.millrace.app;

import picocli.CommandLine.Command;

/** {@code millrace registry}: holds the commands about models and their versions. */
@Command(
        name = "registry",
        description = "Look at models, their versions and their aliases, and decide which is served.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Examples:", "  millrace registry list", "  millrace registry show support champion"})
final class RegistryCommand implements Runnable {

    @Override
    public void run() {
        throw new CommandException("which command? \"millrace registry --help\" lists them");
    }
}
