package dev.millrace.app.console;

import dev.millrace.registry.LiveRegistry;
import dev.millrace.registry.WriteAccess;
import io.javalin.config.RoutesConfig;

/**
 * The console over HTTP: server-rendered pages at {@code /}, kept fresh by server-sent events. Thread-safe.
 */
public final class Console {

    private final Assets assets = new Assets();
    private final ConsoleEvents events;
    private final Pages pages;
    private final OverviewPage overview;

    private Console(LiveRegistry registry, WriteAccess access) {
        pages = new Pages(assets, registry, access);
        events = new ConsoleEvents(registry, access);
        overview = new OverviewPage(pages);
    }

    /**
     * A console.
     *
     * @param registry the registry, followed for as long as the console is served
     * @param access who may change anything
     * @return the console, to be added to a server
     */
    public static Console of(LiveRegistry registry, WriteAccess access) {
        return new Console(registry, access);
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
    }
}
