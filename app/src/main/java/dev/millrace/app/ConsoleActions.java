package dev.millrace.app;

import dev.millrace.app.console.Answers;
import dev.millrace.app.console.Console;
import dev.millrace.ingest.TextProbe;
import dev.millrace.registry.RegistryApi;
import dev.millrace.registry.Subscription;
import dev.millrace.registry.TrialCounts;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the rooms of this process let the console do. */
final class ConsoleActions {

    private static final Logger LOG = LoggerFactory.getLogger(ConsoleActions.class);

    private ConsoleActions() {}

    /**
     * Gathers it.
     *
     * @param settings all of them
     * @param directory that paths start from
     * @param created jobs beside those of the settings
     * @param api changes of the registry
     * @param scoring what this process answers
     * @param subscriptions what it serves, by model
     * @param opened is given what must be closed
     * @return what the console can do
     */
    static Console.Actions of(
            Settings settings,
            Path directory,
            CatalogJobs created,
            RegistryApi api,
            ScoreEndpoint scoring,
            Map<String, Subscription<BatchedClassifier>> subscriptions,
            Consumer<AutoCloseable> opened) {
        return new Console.Actions(
                api,
                NeededTopics.ingestSettings(settings, directory)
                        .with(settings.ingest().format()),
                settings.topics().inputs(),
                probe(settings, directory, created, opened),
                new Scoring(scoring),
                () -> trials(settings, subscriptions));
    }

    /** A process that neither ingests nor trains may lack the base; then ingest alone knows which texts have tokens. */
    private static TextProbe probe(
            Settings settings, Path directory, CatalogJobs created, Consumer<AutoCloseable> opened) {
        try {
            Tokenizers tokenizers = Tokenizers.of(settings, directory, created);
            opened.accept(tokenizers);
            return tokenizers;
        } catch (CommandException e) {
            LOG.info("The console cannot tell which texts have tokens: {}", e.getMessage());
            return TextProbe.ANY;
        }
    }

    private static Map<String, TrialCounts> trials(
            Settings settings, Map<String, Subscription<BatchedClassifier>> subscriptions) {
        boolean isTrying = !settings.score().canaryAlias().isEmpty()
                || !settings.score().shadowAlias().isEmpty();
        Map<String, TrialCounts> trials = new LinkedHashMap<>();
        if (isTrying) {
            subscriptions.forEach((model, subscription) -> trials.put(model, subscription.trialCounts()));
        }
        return trials;
    }

    /** What {@code POST /v1/score} answers, for the console. */
    private record Scoring(ScoreEndpoint endpoint) implements Answers {

        @Override
        public SortedSet<String> models() {
            return new TreeSet<>(new TreeMap<>(endpoint.scorers()).keySet());
        }

        @Override
        public Answer answer(String model, String text, int top) {
            ScoreResponse response = endpoint.score(new ScoreRequest(List.of(text), top, model));
            return new Answer(
                    response.version(),
                    response.predictions().get(0).top().stream()
                            .map(one -> new Ranked(one.label(), one.confidence()))
                            .toList());
        }
    }
}
