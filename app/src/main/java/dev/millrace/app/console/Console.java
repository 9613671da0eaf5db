package dev.millrace.app.console;

import dev.millrace.ingest.IngestSettings;
import dev.millrace.ingest.TextProbe;
import dev.millrace.registry.Access;
import dev.millrace.registry.LiveRegistry;
import dev.millrace.registry.Problem;
import dev.millrace.registry.RegistryApi;
import dev.millrace.registry.TrialCounts;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The console over HTTP: server-rendered pages at {@code /}, kept fresh by server-sent events. Owns the
 * threads and clients that follow what it shows. Thread-safe.
 */
public final class Console implements AutoCloseable, Problem.Page {

    /**
     * Where the console gets what it shows.
     *
     * @param registry followed for as long as the console is served
     * @param client properties of Kafka's clients, {@code bootstrap.servers} and security above all
     * @param topics by what is in them
     * @param access who may change anything
     * @param troubles what is wrong with this process
     * @param start how to send a first example
     * @param actions what a person can do
     */
    public record Sources(
            LiveRegistry registry,
            Map<String, Object> client,
            Topics topics,
            Access access,
            Troubles troubles,
            FirstExample start,
            Actions actions) {}

    /**
     * What a person can do in the console.
     *
     * @param changes of the registry
     * @param ingest the topics of examples and dead letters, and the rules of examples
     * @param inputs the topic of texts to be answered
     * @param probe knows the tokenizers
     * @param answers what this process serves
     * @param trials what came of canaries and shadows in this process, by model
     */
    public record Actions(
            RegistryApi changes,
            IngestSettings ingest,
            String inputs,
            TextProbe probe,
            Answers answers,
            Supplier<Map<String, TrialCounts>> trials) {}

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
    private final VersionsPage versions;
    private final ChangeDialog changes;
    private final DeadLettersPage deadLetters;
    private final DeploymentsPage deployments;
    private final TryPage trying;
    private final LabelBox labels;
    private final ProblemPage problems;
    private final SignInPage signIn;

    private Console(Sources sources, Clock clock, LongSupplier nanoTicker) {
        progress = ProgressView.follow(sources.client(), sources.topics().progress(), nanoTicker);
        texts = new LedgerTexts(sources.client(), sources.topics().ledger(), nanoTicker);
        Pages pages = new Pages(assets, sources.registry(), sources.access());
        events = new ConsoleEvents(sources.registry(), progress, sources.access());
        overview = new OverviewPage(pages, progress, sources.troubles(), sources.start(), clock);
        model = new ModelPage(pages, progress, texts, clock);

        LiveRegistry registry = sources.registry();
        Actions actions = sources.actions();
        IngestSettings ingest = actions.ingest();
        Writes writes = new Writes(sources.access());
        Sending sending = new Sending(ingest, actions.inputs(), actions.probe());
        Letters letters = new Letters(sources.client(), ingest.topics().examplesRejected(), nanoTicker);
        versions = new VersionsPage(pages, writes);
        changes = new ChangeDialog(pages, writes, actions.changes(), registry::deployments);
        deadLetters = new DeadLettersPage(pages, writes, letters, sending, clock);
        deployments = new DeploymentsPage(pages, registry, actions.trials(), clock);
        trying = new TryPage(pages, actions.answers(), registry, ingest.maxTextCharacters());
        labels = new LabelBox(pages, writes, sending, ingest.models(), clock);
        problems = new ProblemPage(pages, sources.access());
        signIn = new SignInPage(pages, assets, sources.access());
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
        versions.addTo(routes);
        changes.addTo(routes);
        deadLetters.addTo(routes);
        deployments.addTo(routes);
        trying.addTo(routes);
        labels.addTo(routes);
        signIn.addTo(routes);
    }

    @Override
    public boolean show(Problem problem, Context context) {
        return problems.show(problem, context);
    }

    /** Follows no more. */
    @Override
    public void close() {
        texts.close();
        progress.close();
    }
}
