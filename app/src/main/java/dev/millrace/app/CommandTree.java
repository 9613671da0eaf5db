package dev.millrace.app;

import picocli.CommandLine;

/** All commands, put together. */
final class CommandTree {

    private CommandTree() {}

    /**
     * The command line of Millrace.
     *
     * @param around what the commands find around them
     * @return ready to execute
     */
    static CommandLine of(Surroundings around) {
        LogOutput logs = new LogOutput();
        MillraceCommand root = new MillraceCommand();
        CommandLine tree = new CommandLine(root).addSubcommand(new SettingsCommand(around));
        tree.setOut(around.out());
        tree.setErr(around.err());
        Failures failures = new Failures(root, logs);
        tree.setParameterExceptionHandler(failures);
        tree.setExecutionExceptionHandler(failures);
        tree.setExecutionStrategy(parsed -> {
            logs.verbose(root.verbose());
            return new CommandLine.RunLast().execute(parsed);
        });
        tree.setCaseInsensitiveEnumValuesAllowed(true);
        return tree;
    }
}
