package dev.millrace.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.app.console.Console;
import dev.millrace.monitoring.HealthReport;
import dev.millrace.registry.Access;
import dev.millrace.registry.Problem;
import dev.millrace.registry.RegistryApi;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.json.JavalinJackson;
import io.javalin.util.JavalinBindException;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.eclipse.jetty.ee10.servlet.SessionHandler;
import org.eclipse.jetty.http.HttpCookie;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves {@code GET /metrics}, {@code /startupz}, {@code /livez} (also called {@code /healthz}), {@code /readyz}, {@code POST
 * /v1/score}, the registry's API and the console. Listens from {@link #start} until {@link #close}.
 */
final class HttpServer implements AutoCloseable {

    /** The largest body that is read. */
    static final int MAX_BODY_BYTES = 1 << 20;

    /** The longest request line and headers. */
    static final int MAX_HEADER_BYTES = 8 << 10;

    /** After so long without a request, one has to sign in again. */
    private static final Duration SESSION = Duration.ofHours(12);

    private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
    // A handful score at once; the rest wait in line rather than fight for the cores. They wait on threads of their
    // own,
    // so that metrics and health are answered however many texts wait.
    private static final int MAX_THREADS = 32;

    /**
     * What is served; each is asked anew for each request, by several threads.
     *
     * @param metrics in Prometheus' text format
     * @param startup whether the process has come up
     * @param health whether the process should go on living
     * @param readiness whether it can do its work now
     * @param scoring answers {@code /v1/score}
     * @param registry answers below {@value RegistryApi#ROOT}; empty where this process does not have the role
     * @param console the pages for people; empty likewise
     */
    record Routes(
            Supplier<String> metrics,
            Supplier<HealthReport> startup,
            Supplier<HealthReport> health,
            Supplier<HealthReport> readiness,
            ScoreEndpoint scoring,
            Optional<RegistryApi> registry,
            Optional<Console> console) {}

    private final Javalin server;
    private final ExecutorService scorers;
    private final String host;

    private HttpServer(Javalin server, ExecutorService scorers, String host) {
        this.server = server;
        this.scorers = scorers;
        this.host = host;
    }

    /**
     * Starts listening.
     *
     * @param http host, port and limits
     * @param access who may do what
     * @param routes what is served
     * @param nanoTicker elapsed time, in nanoseconds from any origin
     * @return a server that accepts requests
     * @throws CommandException when the address cannot be had
     */
    static HttpServer start(HttpSettings http, Access access, Routes routes, LongSupplier nanoTicker) {
        ExecutorService scorers = Executors.newFixedThreadPool(MAX_THREADS, work -> {
            Thread thread = new Thread(work, "http-score");
            thread.setDaemon(true);
            return thread;
        });
        HttpGate gate = new HttpGate(http, access, routes.console.isPresent(), nanoTicker);
        Javalin server = Javalin.create(config -> configure(config, gate, access, routes, scorers));
        try {
            server.start(http.host(), http.port());
        } catch (JavalinBindException e) {
            server.stop();
            scorers.shutdown();
            throw new CommandException(
                    "cannot listen on " + http.host() + ":" + http.port()
                            + ": the port is taken or not allowed; choose another with --set http.port=0 (any free one)",
                    e);
        }
        HttpServer started = new HttpServer(server, scorers, http.host());
        LOG.info("Metrics and scoring listen on {}", started.address());
        return started;
    }

    /** Where a caller on this machine reaches the server; the path is empty. */
    URI address() {
        boolean any = host.equals("0.0.0.0") || host.equals("::");
        String name = any ? "localhost" : host.contains(":") ? "[" + host + "]" : host;
        return URI.create("http://" + name + ":" + server.port());
    }

    /** Stops accepting requests; those in flight finish. A second call does nothing. */
    @Override
    public void close() {
        server.stop();
        scorers.shutdown();
    }

    private static void configure(
            JavalinConfig config, HttpGate gate, Access access, Routes routes, ExecutorService scorers) {
        config.startup.showJavalinBanner = false;
        config.startup.startupWatcherEnabled = false;
        config.http.prefer405over404 = true;
        config.http.maxRequestSize = MAX_BODY_BYTES;
        config.jsonMapper(new JavalinJackson(new ObjectMapper(), false));
        config.jetty.threadPool = new QueuedThreadPool(MAX_THREADS);
        config.jetty.modifyHttpConfiguration(http -> {
            http.setSendServerVersion(false);
            http.setRequestHeaderSize(MAX_HEADER_BYTES);
        });
        config.jetty.modifyServletContextHandler(handler -> keepSessions(handler.getSessionHandler()));

        gate.addTo(config.routes);
        config.routes.get("/metrics", context -> context.contentType(PROMETHEUS).result(routes.metrics.get()));
        config.routes.get("/startupz", context -> answer(context, access, routes.startup.get()));
        config.routes.get("/livez", context -> answer(context, access, routes.health.get()));
        config.routes.get("/healthz", context -> answer(context, access, routes.health.get()));
        config.routes.get("/readyz", context -> answer(context, access, routes.readiness.get()));
        config.routes.post("/v1/score", context -> score(context, routes.scoring, scorers));

        routes.registry.ifPresent(registry -> registry.addTo(config.routes));
        routes.console.ifPresent(console -> console.addTo(config.routes));
        routes.console.ifPresentOrElse(console -> Problem.answerFor(config, console), () -> Problem.answerFor(config));
    }

    private static void keepSessions(SessionHandler sessions) {
        sessions.setSessionCookie("millrace");
        sessions.setHttpOnly(true);
        sessions.setSameSite(HttpCookie.SameSite.STRICT);
        sessions.setMaxInactiveInterval((int) SESSION.toSeconds());
    }

    private static void score(Context context, ScoreEndpoint scoring, ExecutorService scorers) throws IOException {
        String type = context.contentType();
        // curl -d says it sends a form unless told otherwise; the body is JSON all the same.
        if (type != null && !type.matches("(?i)application/(([a-z0-9.+-]+\\+)?json|x-www-form-urlencoded)\\s*(;.*)?")) {
            throw new Problem(415, "send JSON with Content-Type: application/json, not " + type);
        }
        // A chunked body does not say its length beforehand.
        byte[] body = context.bodyInputStream().readNBytes(MAX_BODY_BYTES + 1);
        if (body.length > MAX_BODY_BYTES) {
            throw new Problem(413, "the body must have at most " + MAX_BODY_BYTES + " bytes");
        }
        context.future(() -> CompletableFuture.supplyAsync(() -> scoring.score(body), scorers)
                .thenAccept(context::json));
    }

    /** Whoever may not look is told how it is, and not why: the reasons name models, hosts and folders. */
    private static void answer(Context context, Access access, HealthReport report) {
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("status", word(report.state()));
        if (access.role(context).isPresent()) {
            ArrayNode checks = json.putArray("checks");
            for (HealthReport.Check check : report.checks()) {
                checks.addObject()
                        .put("name", check.name())
                        .put("status", word(check.state()))
                        .put(
                                "since",
                                check.since().truncatedTo(ChronoUnit.MILLIS).toString())
                        .put("detail", check.detail());
            }
        }
        context.status(report.state() == HealthReport.State.DOWN ? 503 : 200);
        context.header("Cache-Control", "no-store").json(json);
    }

    private static String word(HealthReport.State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }
}
