package dev.millrace.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.model.ScoringObserver;
import dev.millrace.registry.NoVersionException;
import dev.millrace.registry.Subscription;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace score}: answers texts with the version that an alias names, and follows it while it reads. */
@Command(
        name = "score",
        description = {
            "Answer texts with the served version: those given, or each line of standard input.",
            "While lines are read, newer versions are swapped in as they are published."
        },
        footer = {
            "",
            "Examples:",
            "  millrace score \"my card has not arrived\"",
            "  tail -f tickets.txt | millrace score --model support --json"
        })
final class ScoreCommand implements Runnable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Surroundings around;

    @Mixin
    private final ClusterOptions options;

    @Parameters(paramLabel = "TEXT", arity = "0..*", description = "Texts; without any, lines of standard input.")
    private List<String> texts = new ArrayList<>();

    @Option(names = "--model", paramLabel = "MODEL", description = "The model. Default: the only one in the settings.")
    private @Nullable String model;

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "1",
            description = "How many labels for each text. Default: ${DEFAULT-VALUE}.")
    private int top;

    @Option(names = "--json", description = "Print a line of JSON for each text.")
    private boolean json;

    @Option(
            names = "--wait",
            paramLabel = "SECONDS",
            defaultValue = "30",
            description = "How long to wait for a first version. Default: ${DEFAULT-VALUE}.")
    private int waitSeconds;

    ScoreCommand(Surroundings around) {
        this.around = around;
        this.options = new ClusterOptions(around);
    }

    @Override
    public void run() {
        if (top < 1 || waitSeconds < 0) {
            throw new CommandException("--top must be >= 1 and --wait >= 0, but are " + top + " and " + waitSeconds);
        }
        Settings settings = options.load().settings();
        String name = settings.model(model);
        Cluster.connect(settings.kafka()).close();
        try (Subscription<BatchedClassifier> subscription = subscribe(settings, name)) {
            awaitVersion(subscription);
            ServedModel served = new ServedModel(subscription);
            if (texts.isEmpty()) {
                scoreLines(served);
            } else {
                texts.forEach(text -> score(served, text));
            }
        }
    }

    private Subscription<BatchedClassifier> subscribe(Settings settings, String name) {
        return Subscription.to(
                        name + "@" + settings.score().alias(),
                        settings.kafka().clientProperties(),
                        StoreOpening.existing(settings, around.directory(), around.clock()),
                        new BatchedLoader(
                                new ModelLoader(Learning.compute(settings.trainer())),
                                settings.score(),
                                ScoringObserver.NONE,
                                around.nanoTicker()))
                .topic(settings.topics().modelRegistry())
                .unreported()
                .trust(Signing.trust(settings.registry(), around.directory()))
                .start();
    }

    private void awaitVersion(Subscription<BatchedClassifier> subscription) {
        try {
            subscription.awaitVersion(Duration.ofSeconds(waitSeconds));
        } catch (NoVersionException e) {
            String refusal = subscription
                    .refusal()
                    .map(refused ->
                            "; the last one was refused: " + refused.cause().getMessage())
                    .orElse("");
            throw new CommandException(e.getMessage() + refusal, e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private void scoreLines(ServedModel served) {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(around.in(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (!line.isBlank()) {
                    score(served, line);
                }
            }
        } catch (IOException e) {
            throw new CommandException("cannot read standard input: " + e.getMessage(), e);
        }
    }

    private void score(ServedModel served, String text) {
        ScoreResponse response = served.score(List.of(text), top).orElseThrow();
        if (json) {
            try {
                around.out().println(JSON.writeValueAsString(response));
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("a record of texts and numbers cannot fail to be written", e);
            }
        } else {
            for (ScoreResponse.Ranked ranked : response.predictions().get(0).top()) {
                around.out()
                        .println(String.format(
                                Locale.ROOT,
                                "%-24s %.3f  v%d  %s",
                                ranked.label(),
                                ranked.confidence(),
                                response.version(),
                                text));
            }
        }
        around.out().flush();
    }
}
