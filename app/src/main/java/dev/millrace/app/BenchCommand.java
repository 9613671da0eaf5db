package dev.millrace.app;

import picocli.CommandLine.Command;

/** {@code millrace bench}: holds the commands that measure. */
@Command(
        name = "bench",
        description = "Measure quality, speed and safety on this machine.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Examples:",
            "  millrace bench quality --train train.csv --test test.csv --text text --label category",
            "  millrace bench step",
            "  millrace bench score",
            "  millrace bench memory",
            "  millrace bench kill --kills 10",
            "  millrace bench registry",
            "  millrace bench stream",
            "  millrace bench checkpoint",
            "  millrace bench ingest",
            "  millrace bench poison",
            "  millrace bench burst",
            "  millrace bench ledger",
            "  millrace bench join",
            "  millrace bench freshness",
            "  millrace bench jobs",
            "  millrace bench trainers"
        })
final class BenchCommand implements Runnable {

    @Override
    public void run() {
        throw new CommandException("which command? \"millrace bench --help\" lists them");
    }
}
