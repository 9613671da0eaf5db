package dev.millrace.app;

import dev.millrace.model.RandomEncoder;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of a benchmark that kills processes which train. */
final class KillOptions {

    @Option(
            names = "--kills",
            paramLabel = "N",
            defaultValue = "10",
            description = "How many. Default: ${DEFAULT-VALUE}.")
    private int kills;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Draws when to kill, and whom where there are several. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--base",
            paramLabel = "BASE",
            defaultValue = RandomEncoder.TINY,
            description = "The model to start from: ${DEFAULT-VALUE} by default, a small random encoder, since what is"
                    + " under test is the log, the files and the processes; or what else trainer.base takes.")
    private String base = "";

    @Option(
            names = "--work",
            paramLabel = "FOLDER",
            description = "Keep broker, versions and logs in this new folder. Default: a temporary one.")
    private @Nullable Path work;

    /** {@return how many kills, 1 or more} */
    int kills() {
        if (kills < 1) {
            throw new CommandException("--kills must be >= 1, but is " + kills);
        }
        return kills;
    }

    long seed() {
        return seed;
    }

    /** {@return the base, for processes that work in folders of their own} */
    String base(Surroundings around) {
        return Rule.isPath(base)
                ? around.directory().resolve(base).toAbsolutePath().toString()
                : base;
    }

    /** Makes the folder of the benchmark. */
    WorkFolder folder(Surroundings around) {
        return WorkFolder.make(work == null ? null : around.directory().resolve(work));
    }

    void fill(Surroundings around, Map<String, Object> figures) {
        figures.put("kills", kills);
        figures.put("base", base(around));
        figures.put("seed", seed);
    }
}
