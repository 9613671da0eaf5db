package dev.millrace.app;

import dev.millrace.app.console.Console;
import dev.millrace.app.console.FirstExample;
import dev.millrace.app.console.Trouble;
import dev.millrace.monitoring.HealthReport.Check;
import dev.millrace.monitoring.HealthReport.State;
import dev.millrace.registry.Access;
import dev.millrace.registry.LiveRegistry;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongSupplier;

/** What the settings say about the console, in its words. */
final class ConsoleOpening {

    private ConsoleOpening() {}

    /** Opens the console; the caller closes it. */
    static Console open(
            Settings settings,
            LiveRegistry registry,
            Access access,
            Console.Actions actions,
            HealthChecks health,
            Clock clock,
            LongSupplier nanoTicker) {
        return Console.open(
                new Console.Sources(
                        registry,
                        settings.kafka().clientProperties(),
                        new Console.Topics(
                                settings.topics().trainingProgress(),
                                settings.topics().trainingExamples()),
                        access,
                        () -> troubles(health),
                        new FirstExample(
                                settings.kafka().bootstrapServers(),
                                settings.topics().examples(),
                                settings.models().get(0)),
                        actions),
                clock,
                nanoTicker);
    }

    private static List<Trouble> troubles(HealthChecks health) {
        return health.ready().checks().stream()
                .filter(check -> check.state() != State.UP)
                .sorted(Comparator.comparing(Check::state).reversed())
                .map(ConsoleOpening::trouble)
                .toList();
    }

    private static Trouble trouble(Check check) {
        return new Trouble(
                check.name(), check.detail() + " (since " + check.since().truncatedTo(ChronoUnit.SECONDS) + ")");
    }
}
