package dev.millrace.registry;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.config.JavalinConfig;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import io.javalin.http.HttpStatus;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Why a request is refused, as RFC 9457 writes it: a status, its title, and a detail for the caller. */
public final class Problem extends RuntimeException {

    /** The type of its JSON. */
    public static final String MEDIA_TYPE = "application/problem+json";

    private static final Logger LOG = LoggerFactory.getLogger(Problem.class);

    private static final long serialVersionUID = 1L;

    /** Answers with a problem in another form than JSON. */
    @FunctionalInterface
    public interface Page {

        /**
         * Answers, unless whoever asks wants JSON; the status and the headers are set already.
         *
         * @param problem to be told
         * @param context of the request
         * @return whether it has answered
         */
        boolean show(Problem problem, Context context);
    }

    private final int status;
    private final @Nullable Long viewAgeSeconds;

    /**
     * Makes one.
     *
     * @param status of HTTP, which gives the title
     * @param detail what was wrong and what to do
     */
    public Problem(int status, String detail) {
        this(status, detail, null);
    }

    private Problem(int status, String detail, @Nullable Long viewAgeSeconds) {
        super(detail, null, false, false);
        this.status = status;
        this.viewAgeSeconds = viewAgeSeconds;
    }

    /** Kafka cannot be asked; {@code age} is that of what is known. */
    static Problem away(String detail, Duration age) {
        return new Problem(503, detail, age.toSeconds());
    }

    /**
     * The status.
     *
     * @return of HTTP
     */
    public int status() {
        return status;
    }

    /**
     * Answers every request that fails with a problem: those that a handler throws, those that Javalin refuses, and
     * failures of the server, of which the caller is told nothing; and those that Jetty refuses before.
     *
     * @param config of the server
     */
    public static void answerFor(JavalinConfig config) {
        answerFor(config, (problem, context) -> false);
    }

    /**
     * The same for a server that also has pages for people.
     *
     * @param config of the server
     * @param page asked first, of all but what Jetty refuses
     */
    public static void answerFor(JavalinConfig config, Page page) {
        config.jetty.modifyServer(jetty -> jetty.setErrorHandler(Problem::writeForJetty));
        RoutesConfig routes = config.routes;
        routes.exception(Problem.class, (e, context) -> answer(page, context, () -> e));
        routes.exception(HttpResponseException.class, (e, context) -> answer(page, context, () -> of(e, context)));
        routes.exception(
                Exception.class,
                (e, context) -> answer(page, context, () -> {
                    LOG.error("{} {} failed", context.method(), context.path(), e);
                    return new Problem(500, "the server failed; its log says why");
                }));
    }

    /** Javalin calls a handler that throws again, for ever; and one throws when whoever asked has left meanwhile. */
    private static void answer(Page page, Context context, Supplier<Problem> problem) {
        try {
            write(problem.get(), page, context);
        } catch (RuntimeException e) {
            LOG.debug("Nobody is there any more who could be answered", e);
        }
    }

    private static void write(Problem problem, Page page, Context context) {
        if (problem.status == 503) {
            context.header("Retry-After", "2");
        }
        if (problem.status == 401) {
            context.header("WWW-Authenticate", "Bearer realm=\"millrace\"");
        }
        context.removeHeader("ETag");
        context.header("Cache-Control", "no-store");
        context.status(problem.status);
        if (page.show(problem, context)) {
            return;
        }
        context.contentType(MEDIA_TYPE);
        context.result(problem.body(context.path()).toString().getBytes(StandardCharsets.UTF_8));
    }

    /** Of an address that could be read in two ways, say; it never reaches a route. */
    private static boolean writeForJetty(Request request, Response response, Callback callback) {
        Object message = request.getAttribute(ErrorHandler.ERROR_MESSAGE);
        Problem problem = new Problem(response.getStatus(), "the request is refused: " + message);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, MEDIA_TYPE);
        Content.Sink.write(
                response, true, problem.body(request.getHttpURI().getPath()).toString(), callback);
        return true;
    }

    private ObjectNode body(String instance) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("type", "about:blank")
                .put("title", HttpStatus.forStatus(status).getMessage())
                .put("status", status)
                .put("detail", getMessage())
                .put("instance", instance);
        if (viewAgeSeconds != null) {
            json.put("viewAgeSeconds", viewAgeSeconds);
        }
        return json;
    }

    private static Problem of(HttpResponseException e, Context context) {
        String request = context.method() + " " + context.path();
        String methods = e.getDetails().get("availableMethods");
        if (methods != null) {
            context.header("Allow", methods);
        }
        return switch (e.getStatus()) {
            case 404 ->
                new Problem(404, "there is no " + request + " here; GET /api/v1/openapi.json says what there is");
            case 405 -> new Problem(405, request + " is not allowed; see the Allow header");
            default -> new Problem(e.getStatus(), request + " failed: " + e.getMessage());
        };
    }
}
