package dev.millrace.app.console;

import dev.millrace.registry.Access;
import dev.millrace.registry.EventListeners;
import dev.millrace.registry.LiveRegistry;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.sse.SseClient;
import java.io.IOException;
import java.time.Duration;

/**
 * Tells open pages that something has changed, as server-sent events without content: {@code registry} after a change of
 * the registry, {@code progress} when training was told of, and {@code tick} each few seconds for what has no change of its own, such as an age. What has changed a
 * page asks for itself. Thread-safe.
 */
final class ConsoleEvents {

    static final String PATH = "/console/events";

    private static final int LISTENERS = 64;
    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final int LOOKS_A_TICK = 3;

    private final LiveRegistry registry;
    private final ProgressView progress;
    private final Access access;
    private final EventListeners listeners =
            new EventListeners(LISTENERS, LISTENERS + " pages are open already; the others refresh by hand");

    ConsoleEvents(LiveRegistry registry, ProgressView progress, Access access) {
        this.registry = registry;
        this.progress = progress;
        this.access = access;
    }

    void addTo(RoutesConfig routes) {
        routes.get(PATH, this::listen);
    }

    private void listen(Context context) throws IOException {
        access.requireRead(context);
        listeners.admit(context, this::tell);
    }

    private void tell(SseClient client) throws InterruptedException {
        long change = registry.lastChange();
        long report = progress.revision();
        int quiet = 0;
        while (!client.terminated() && registry.failure().isEmpty()) {
            boolean isNews = registry.awaitChange(change, LOOK);
            if (isNews) {
                change = registry.lastChange();
                client.sendEvent("registry", Long.toString(change));
            }
            if (progress.revision() != report) {
                report = progress.revision();
                client.sendEvent("progress", Long.toString(report));
                isNews = true;
            }
            quiet = isNews ? 0 : quiet + 1;
            if (quiet == LOOKS_A_TICK) {
                client.sendEvent("tick", "");
                quiet = 0;
            }
        }
    }
}
