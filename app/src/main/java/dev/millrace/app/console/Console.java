package dev.millrace.app.console;

import dev.millrace.registry.LiveRegistry;
import dev.millrace.registry.WriteAccess;
import io.javalin.config.RoutesConfig;
import java.time.Clock;

/**
 * The console over HTTP: server-rendered pages at {@code /}, kept fresh by server-sent events. Thread-safe.
 */
public final class Console {

    /**
     * Where the console gets what it shows.
     *
     * @param registry the registry, followed for as long as the console is served
     * @param progress how training goes, followed likewise
     * @param texts examples of the ledger
     * @param access who may change anything
     * @param troubles what is wrong with this process
     * @param start how to send a first example
     * @param clock what ages are measured against
     */
    public record Sources(
            LiveRegistry registry,
            ProgressView progress,
            LedgerTexts texts,
            WriteAccess access,
            Troubles troubles,
            FirstExample start,
            Clock clock) {}

    private final Assets assets = new Assets();
    private final ConsoleEvents events;
    private final OverviewPage overview;
    private final ModelPage model;

    private Console(Sources sources) {
        Pages pages = new Pages(assets, sources.registry(), sources.access());
        events = new ConsoleEvents(sources.registry(), sources.progress(), sources.access());
        overview =
                new OverviewPage(pages, sources.progress(), sources.troubles(), sources.start(), sources.clock());
        model = new ModelPage(pages, sources.progress(), sources.texts(), sources.clock());
    }

    /**
     * A console.
     *
     * @param sources of what it shows
     * @return the console, to be added to a server
     */
    public static Console of(Sources sources) {
        return new Console(sources);
    }

    /**
     * Adds the routes to a server.
     *
     * @param routes of the server
     */
    public void addTo(RoutesConfig routes) {
        assets.addTo(routes);
        events.addTo(routes);
        overview.addTo(routes);
        model.addTo(routes);
    }
}
