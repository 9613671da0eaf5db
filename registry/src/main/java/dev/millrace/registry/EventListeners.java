package dev.millrace.registry;

import io.javalin.http.Context;
import io.javalin.http.sse.SseClient;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.concurrent.Semaphore;

/** The door to server-sent events: lets in so many listeners at once, each with a thread of its own. Thread-safe. */
public final class EventListeners {

    /** Tells one listener what happens, until it is gone or there is no more to tell. */
    @FunctionalInterface
    public interface Telling {

        /** Returns when the listener is to be let go. */
        void tell(SseClient client) throws InterruptedException;
    }

    private final Semaphore places;
    private final String refusal;

    /**
     * A door with nobody behind it.
     *
     * @param most listeners at once
     * @param refusal said to whoever comes when all are here
     */
    public EventListeners(int most, String refusal) {
        this.places = new Semaphore(most);
        this.refusal = refusal;
    }

    /**
     * Lets a listener in.
     *
     * @param context of its request
     * @param telling in a thread of the server, which it keeps until it returns
     * @throws Problem with status 503 when all places are taken
     * @throws IOException when the listener is gone already
     */
    public void admit(Context context, Telling telling) throws IOException {
        if (!places.tryAcquire()) {
            throw new Problem(503, refusal);
        }
        boolean handedOver = false;
        try {
            begin(context.res());
            context.async(() -> {
                try {
                    telling.tell(new SseClient(context));
                } finally {
                    places.release();
                }
            });
            handedOver = true;
        } finally {
            if (!handedOver) {
                places.release();
            }
        }
    }

    /** Javalin's own handler says nothing at all to whoever accepts anything, as plain curl does. */
    private static void begin(HttpServletResponse response) throws IOException {
        response.setContentType("text/event-stream");
        response.setCharacterEncoding("UTF-8");
        response.setHeader("Cache-Control", "no-store");
        response.setHeader("X-Accel-Buffering", "no");
        response.flushBuffer();
    }
}
