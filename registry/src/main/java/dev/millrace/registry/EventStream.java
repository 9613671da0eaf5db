package dev.millrace.registry;

import io.javalin.http.Context;
import io.javalin.http.sse.SseClient;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Every change of the registry as server-sent events. A listener reads the {@link EventLog} at its own pace in a thread of
 * its own, so a slow one holds nobody up; the server's idle timeout ends the one that takes nothing at all. Whoever comes
 * back says the last offset it has seen, and gets what followed. Thread-safe.
 */
final class EventStream {

    private static final int BATCH = 256;

    private final EventLog log;
    private final Limits limits;
    private final EventListeners listeners;

    /**
     * How many may listen, and how they are kept.
     *
     * @param listeners at once
     * @param heartbeat a comment is sent when nothing happens for so long, shorter than the server's idle timeout
     */
    record Limits(int listeners, Duration heartbeat) {}

    private record Listener(SseClient client, @Nullable String model) {}

    EventStream(EventLog log, Limits limits) {
        this.log = log;
        this.limits = limits;
        this.listeners = new EventListeners(
                limits.listeners(), limits.listeners() + " listeners are here already; try again later");
    }

    void listen(Context context) throws Exception {
        // Some proxies and plain curl say they take anything.
        String accept = Optional.ofNullable(context.header("Accept")).orElse("*/*");
        if (!accept.contains("text/event-stream") && !accept.contains("*/*")) {
            throw new Problem(406, "events come as text/event-stream only");
        }
        String model = context.queryParam("model") == null ? null : ApiQuery.name(context, "model");
        long after = after(context);
        listeners.admit(context, client -> tell(new Listener(client, model), after));
    }

    private long after(Context context) {
        String last = Optional.ofNullable(context.header("Last-Event-ID")).orElse(context.queryParam("after"));
        if (last == null) {
            return log.last();
        }
        if (!last.matches("-1|[0-9]{1,18}")) {
            throw new Problem(
                    400,
                    "Last-Event-ID and after must be the offset of an event, or -1 for all, but is '" + last + "'");
        }
        return Long.parseLong(last);
    }

    private void tell(Listener listener, long after) throws InterruptedException {
        SseClient client = listener.client();
        client.sendComment("after " + after);
        long seen = after;
        while (!client.terminated() && !log.isClosed()) {
            List<AuditEntry> news = log.after(seen, BATCH);
            for (AuditEntry entry : news) {
                seen = entry.offset();
                if (listener.model() == null
                        || listener.model().equals(entry.event().model())) {
                    client.sendEvent("message", RegistryShapes.event(entry).toString(), Long.toString(seen));
                }
            }
            if (news.isEmpty() && !log.await(seen + 1, limits.heartbeat().toNanos())) {
                client.sendComment("still here");
            }
        }
    }
}
