package dev.millrace.app;

import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * What a command finds around it, so that tests can put something else there.
 *
 * @param environment variables of the environment
 * @param directory that relative paths start from
 * @param in standard input
 * @param out standard output, for what a command was asked for
 * @param err standard error, for everything that is told beside it
 * @param terminal whether a person watches the standard error
 * @param clock the time of day
 * @param nanoTicker elapsed time, in nanoseconds from any origin
 */
record Surroundings(
        Map<String, String> environment,
        Path directory,
        InputStream in,
        PrintWriter out,
        PrintWriter err,
        boolean terminal,
        Clock clock,
        LongSupplier nanoTicker) {

    Surroundings {
        environment = Map.copyOf(environment);
    }

    /** Those of this process. The launcher says whether there is a terminal, for Java cannot tell of one stream. */
    static Surroundings ofProcess() {
        return new Surroundings(
                System.getenv(),
                Path.of(""),
                System.in,
                new PrintWriter(System.out, true, StandardCharsets.UTF_8),
                new PrintWriter(System.err, true, StandardCharsets.UTF_8),
                Boolean.getBoolean("millrace.terminal"),
                Clock.systemUTC(),
                System::nanoTime);
    }
}
