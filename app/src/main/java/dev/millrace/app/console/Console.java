package dev.millrace.app.console;

import dev.millrace.registry.LiveRegistry;
import dev.millrace.registry.WriteAccess;
import io.javalin.config.RoutesConfig;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * The console over HTTP: server-rendered pages at {@code /}, kept fresh by server-sent events. Owns the
 * threads and clients that follow what it shows. Thread-safe.
 */
public final class Console implements AutoCloseable {

    /**
     * Where the console gets what it shows.
     *
     * @param registry followed for as long as the console is served
     * @param client properties of Kafka's clients, {@code bootstrap.servers} and security above all
     * @param topics by what is in them
     * @param access who may change anything
     * @param troubles what is wrong with this process
     * @param start how to send a first example
     */
    public record Sources(
            LiveRegistry registry,
            Map<String, Object> client,
            Topics topics,
            WriteAccess access,
            Troubles troubles,
            FirstExample start) {}

    /**
     * The topics that the console reads.
     *
     * @param progress how training goes
     * @param ledger the examples that are trained on
     */
    public record Topics(String progress, String ledger) {}

    private final Assets assets = new Assets();
    private final ProgressView progress;
    private final LedgerTexts texts;
    private final ConsoleEvents events;
    private final OverviewPage overview;
    private final ModelPage model;

    private Console(Sources sources, Clock clock, LongSupplier nanoTicker) {
        progress = ProgressView.follow(sources.client(), sources.topics().progress());
        texts = new LedgerTexts(sources.client(), sources.topics().ledger(), nanoTicker);
        Pages pages = new Pages(assets, sources.registry(), sources.access());
        events = new ConsoleEvents(sources.registry(), progress, sources.access());
        overview = new OverviewPage(pages, progress, sources.troubles(), sources.start(), clock);
        model = new ModelPage(pages, progress, texts, clock);
    }

    /**
     * Opens a console, which follows what it shows until it is closed.
     *
     * @param sources of what it shows
     * @param clock what ages are measured against
     * @param nanoTicker elapsed time, in nanoseconds from any origin
     * @return the console, to be added to a server
     */
    public static Console open(Sources sources, Clock clock, LongSupplier nanoTicker) {
        return new Console(sources, clock, nanoTicker);
    }

    /**
     * Why it does not follow training any more.
     *
     * @return what went wrong, or empty while it follows
     */
    public Optional<Throwable> failure() {
        return progress.failure();
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

    /** Follows no more. */
    @Override
    public void close() {
        texts.close();
        progress.close();
    }
}
