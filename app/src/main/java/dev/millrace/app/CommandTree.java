package dev.millrace.app;

import picocli.CommandLine;

/** All commands, put together. */
final class CommandTree {

    private CommandTree() {}

    /**
     * Runs a command.
     *
     * @param around what it finds around it
     * @param arguments its name and its options
     * @return the exit code
     */
    static int run(Surroundings around, String... arguments) {
        try (LogOutput logs = new LogOutput()) {
            return of(around, logs).execute(arguments);
        }
    }

    /**
     * The command line of Millrace, ready to execute.
     *
     * @param around what the commands find around them
     * @param logs where their log goes
     */
    static CommandLine of(Surroundings around, LogOutput logs) {
        MillraceCommand root = new MillraceCommand();
        CommandLine tree = new CommandLine(root)
                .addSubcommand(new QuickstartCommand(around, logs))
                .addSubcommand(new RunCommand(around, logs))
                .addSubcommand(new BrokerCommand(around, logs))
                .addSubcommand(new ProduceCommand(around))
                .addSubcommand(new CommandLine(new RegistryCommand())
                        .addSubcommand(new RegistryListCommand(around))
                        .addSubcommand(new RegistryShowCommand(around))
                        .addSubcommand(new RegistryDeploymentsCommand(around))
                        .addSubcommand(new RegistryHistoryCommand(around))
                        .addSubcommand(new RegistryLineageCommand(around))
                        .addSubcommand(new RegistryDiffCommand(around))
                        .addSubcommand(new RegistryPromoteCommand(around))
                        .addSubcommand(new RegistryRollbackCommand(around))
                        .addSubcommand(new RegistryPinCommand(around))
                        .addSubcommand(new RegistryUnpinCommand(around))
                        .addSubcommand(new RegistryRemoveAliasCommand(around))
                        .addSubcommand(new RegistryRetireCommand(around))
                        .addSubcommand(new RegistryCutOverCommand(around))
                        .addSubcommand(new RegistrySweepCommand(around))
                        .addSubcommand(new RegistryPullCommand(around))
                        .addSubcommand(new RegistryImportCommand(around))
                        .addSubcommand(new RegistryKeygenCommand(around))
                        .addSubcommand(new RegistryReplayCommand(around))
                        .addSubcommand(new RegistryUnlearnCommand(around)))
                .addSubcommand(new CommandLine(new JobsCommand())
                        .addSubcommand(new JobsCreateCommand(around))
                        .addSubcommand(new JobsListCommand(around))
                        .addSubcommand(new JobsRemoveCommand(around)))
                .addSubcommand(new ControlCommand(around))
                .addSubcommand(new UnpairedCommand(around))
                .addSubcommand(new ScoreCommand(around))
                .addSubcommand(new CommandLine(new BenchCommand())
                        .addSubcommand(new BenchQualityCommand(around, logs))
                        .addSubcommand(new BenchStepCommand(around))
                        .addSubcommand(new BenchScoreCommand(around))
                        .addSubcommand(new BenchMemoryCommand(around))
                        .addSubcommand(new BenchKillCommand(around, logs))
                        .addSubcommand(new BenchRegistryCommand(around, logs))
                        .addSubcommand(new BenchSwapCommand(around, logs))
                        .addSubcommand(new BenchStreamCommand(around, logs))
                        .addSubcommand(new BenchCheckpointCommand(around))
                        .addSubcommand(new BenchIngestCommand(around, logs))
                        .addSubcommand(new BenchPoisonCommand(around, logs))
                        .addSubcommand(new BenchBurstCommand(around, logs))
                        .addSubcommand(new BenchLedgerCommand(around, logs))
                        .addSubcommand(new BenchJoinCommand(around, logs))
                        .addSubcommand(new BenchFreshnessCommand(around, logs))
                        .addSubcommand(new BenchJobsCommand(around))
                        .addSubcommand(new BenchTrainersCommand(around, logs))
                        .addSubcommand(new KillChildCommand(around, logs)))
                .addSubcommand(new DoctorCommand(around))
                .addSubcommand(new AclsCommand(around))
                .addSubcommand(new SettingsCommand(around))
                .addSubcommand(new CompletionCommand(around));
        tree.setOut(around.out());
        tree.setErr(around.err());
        Failures failures = new Failures(root, logs);
        tree.setParameterExceptionHandler(failures);
        tree.setExecutionExceptionHandler(failures);
        tree.setExecutionStrategy(parsed -> {
            if (root.verbose()) {
                logs.showAll();
            }
            return new CommandLine.RunLast().execute(parsed);
        });
        tree.setCaseInsensitiveEnumValuesAllowed(true);
        return tree;
    }
}
