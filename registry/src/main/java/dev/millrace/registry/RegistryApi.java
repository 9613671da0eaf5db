package dev.millrace.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.javalin.http.HandlerType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The registry over HTTP, under {@value #ROOT}, as {@code openapi.json} describes it: reads from a view in memory, verbs
 * through {@link Governance}, and every change as server-sent events. Thread-safe.
 */
public final class RegistryApi {

    /** What every path starts with. */
    public static final String ROOT = "/api/v1";

    private static final String EVENTS = ROOT + "/events";
    private static final String JOB = ROOT + "/jobs/{model}";
    private static final String MODEL = ROOT + "/models/{model}";
    private static final String VERSION = MODEL + "/versions/{version}";

    // The idle timeout of the server is 30 s, and so is that of many proxies.
    private static final EventStream.Limits LIMITS = new EventStream.Limits(64, Duration.ofSeconds(10));

    /** A method, a path and what answers it. */
    record Route(HandlerType method, String path, Handler handler) {}

    private interface Reading {
        ObjectNode read(ModelRegistry registry, Context context);
    }

    private interface Changing {
        ObjectNode change(Context context) throws InterruptedException;
    }

    private final LiveRegistry live;
    private final Access access;
    private final JobTerms.Completion jobs;
    private final EventStream events;
    private final RegistryVerbs verbs;
    private final byte[] description;

    private RegistryApi(
            LiveRegistry live, Access access, JobTerms.Completion jobs, Clock clock, EventStream.Limits limits) {
        this.live = live;
        this.access = access;
        this.jobs = jobs;
        this.events = new EventStream(live.events(), limits);
        this.verbs = new RegistryVerbs(live, clock);
        this.description = description();
    }

    /**
     * The API of a registry.
     *
     * @param live the registry, followed for as long as the API is served
     * @param access who may change it
     * @param jobs completes the jobs that are created
     * @param clock what changes are dated by
     * @return the API, to be added to a server
     */
    public static RegistryApi of(LiveRegistry live, Access access, JobTerms.Completion jobs, Clock clock) {
        return of(live, access, jobs, clock, LIMITS);
    }

    static RegistryApi of(
            LiveRegistry live, Access access, JobTerms.Completion jobs, Clock clock, EventStream.Limits limits) {
        return new RegistryApi(live, access, jobs, clock, limits);
    }

    /**
     * Adds the routes to a server, which answers for their failures as {@link Problem#answerFor} does.
     *
     * @param routes of the server
     */
    public void addTo(RoutesConfig routes) {
        for (Route route : routes()) {
            routes.addHttpHandler(route.method(), route.path(), route.handler());
            if (route.method().equals(HandlerType.GET) && !route.path().equals(EVENTS)) {
                routes.addHttpHandler(HandlerType.HEAD, route.path(), route.handler());
            }
        }
    }

    List<Route> routes() {
        List<Route> routes = new ArrayList<>();
        routes.add(new Route(HandlerType.GET, ROOT + "/openapi.json", this::describe));
        routes.add(new Route(HandlerType.GET, EVENTS, this::listen));
        routes.add(get(ROOT + "/history", (registry, context) -> history(null, context)));
        routes.add(get(
                ROOT + "/deployments",
                (registry, context) ->
                        RegistryShapes.deployments(registry, live.deployments().all())));
        routes.add(get(
                MODEL + "/deployments",
                (registry, context) ->
                        RegistryShapes.deployments(registry, live.deployments().of(model(registry, context)))));
        routes.add(get(ROOT + "/models", (registry, context) -> RegistryShapes.models(registry)));
        routes.add(get(MODEL, (registry, context) -> RegistryShapes.model(registry, model(registry, context))));
        routes.add(get(MODEL + "/history", (registry, context) -> history(model(registry, context), context)));
        routes.add(get(
                MODEL + "/aliases", (registry, context) -> RegistryShapes.aliases(registry, model(registry, context))));
        routes.add(get(MODEL + "/aliases/{alias}", RegistryApi::alias));
        routes.add(get(MODEL + "/versions", RegistryApi::versions));
        routes.add(get(VERSION, (registry, context) -> RegistryShapes.version(registry, version(registry, context))));
        routes.add(get(VERSION + "/verdict", RegistryApi::verdict));
        routes.add(get(VERSION + "/lineage", RegistryApi::lineage));
        routes.add(get(
                MODEL + "/diff",
                (registry, context) -> RegistryShapes.diff(VersionDiff.between(
                        resolve(registry, model(registry, context), ApiQuery.name(context, "from")),
                        resolve(registry, model(registry, context), ApiQuery.name(context, "to"))))));
        routes.add(get(ROOT + "/jobs", (registry, context) -> RegistryShapes.jobs(registry)));
        routes.add(post(JOB + "/create", context -> {
            ObjectNode told = verbs.createJob(ApiQuery.path(context, "model"), jobs, context);
            context.status(201);
            return told;
        }));
        routes.add(post(JOB + "/remove", context -> verbs.removeJob(ApiQuery.path(context, "model"), context)));
        for (RegistryVerb verb : RegistryVerb.values()) {
            routes.add(post(MODEL + "/" + verb, context -> {
                String model = model(view(), context);
                return verbs.run(verb, model, context);
            }));
        }
        return routes;
    }

    /**
     * Changes the registry by the rules of {@code POST} requests, but for who may: that is the caller's to ask.
     *
     * @param verb what to do
     * @param model its name
     * @param fields as the body of a request has them: {@code version} and {@code alias} where the verb has them,
     *     {@code by} and {@code reason}
     * @param onlyIf looks at the registry as the verb finds it, and throws what shall be thrown instead of changing
     *     anything
     * @return the events that tell of it; what is read afterwards has them, unless Kafka is slow
     * @throws Problem 404 when there is no such model, 422 when the fields are not what the verb wants, 409 when it makes
     *     no sense there, 503 when Kafka does not answer
     * @throws InterruptedException if interrupted
     */
    public List<AuditEntry> change(
            RegistryVerb verb, String model, Map<String, String> fields, Consumer<ModelRegistry> onlyIf)
            throws InterruptedException {
        return verbs.run(verb, requireModel(view(), model), VerbRequest.of(fields, verb.fields()), onlyIf);
    }

    private Route get(String path, Reading reading) {
        return new Route(HandlerType.GET, path, context -> {
            begin(context);
            ModelRegistry registry = view();
            context.header("Millrace-View-Age", Long.toString(live.age().toSeconds()));
            ApiAnswer.tagged(context, reading.read(registry, context));
        });
    }

    private Route post(String path, Changing changing) {
        return new Route(HandlerType.POST, path, context -> {
            begin(context);
            access.requireWrite(context);
            ApiAnswer.write(context, changing.change(context));
        });
    }

    private void begin(Context context) {
        ApiAnswer.secure(context);
        access.requireRead(context);
    }

    private ModelRegistry view() {
        return live.view()
                .orElseThrow(() -> Problem.away("the registry has not been read yet; is Kafka there?", live.age()));
    }

    private void describe(Context context) {
        begin(context);
        ApiAnswer.tagged(context, description);
    }

    private void listen(Context context) throws Exception {
        begin(context);
        view();
        events.listen(context);
    }

    private ObjectNode history(@Nullable String model, Context context) {
        int limit = ApiQuery.limit(context);
        // One more than the page has tells whether there is another.
        List<AuditEntry> entries = live.events().before(model, ApiQuery.before(context), limit + 1);
        if (entries.size() > limit) {
            entries = entries.subList(0, limit);
            ApiAnswer.next(context, context.path(), entries.get(limit - 1).offset(), limit);
        }
        return RegistryShapes.events(entries);
    }

    private static ObjectNode versions(ModelRegistry registry, Context context) {
        int limit = ApiQuery.limit(context);
        List<VersionRecord> versions =
                registry.versionsBefore(model(registry, context), ApiQuery.before(context), limit + 1);
        if (versions.size() > limit) {
            versions = versions.subList(0, limit);
            ApiAnswer.next(context, context.path(), versions.get(limit - 1).version(), limit);
        }
        return RegistryShapes.versions(registry, versions);
    }

    private static ObjectNode alias(ModelRegistry registry, Context context) {
        String model = model(registry, context);
        String alias = ApiQuery.path(context, "alias");
        return RegistryShapes.alias(registry, model, alias)
                .orElseThrow(() -> new Problem(404, "model " + model + " has no alias " + alias));
    }

    private static ObjectNode verdict(ModelRegistry registry, Context context) {
        VersionRecord version = version(registry, context);
        return registry.verdict(version.model(), version.version())
                .map(RegistryShapes::verdict)
                .orElseThrow(() -> new Problem(
                        404, "version " + version.version() + " of " + version.model() + " was not judged"));
    }

    private static ObjectNode lineage(ModelRegistry registry, Context context) {
        int limit = ApiQuery.limit(context);
        List<VersionRecord> line = registry.line(version(registry, context), limit);
        VersionRecord oldest = line.get(line.size() - 1);
        Long parent = oldest.parent();
        if (parent != null && registry.version(oldest.model(), parent).isPresent()) {
            ApiAnswer.next(
                    context, ROOT + "/models/" + oldest.model() + "/versions/" + parent + "/lineage?limit=" + limit);
        }
        return RegistryShapes.lineage(registry, line);
    }

    private static String model(ModelRegistry registry, Context context) {
        return requireModel(registry, ApiQuery.path(context, "model"));
    }

    private static String requireModel(ModelRegistry registry, String model) {
        if (!registry.models().contains(model)) {
            throw new Problem(404, "there is no model " + model);
        }
        return model;
    }

    private static VersionRecord version(ModelRegistry registry, Context context) {
        return resolve(registry, model(registry, context), ApiQuery.path(context, "version"));
    }

    private static VersionRecord resolve(ModelRegistry registry, String model, String name) {
        return registry.resolve(model, name)
                .orElseThrow(() -> new Problem(404, "model " + model + " has no version " + name));
    }

    private static byte[] description() {
        try (InputStream in = RegistryApi.class.getResourceAsStream("openapi.json")) {
            if (in == null) {
                throw new IllegalStateException("openapi.json is not on the class path");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
