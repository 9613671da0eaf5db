package dev.millrace.app;

import dev.millrace.model.Compute;
import dev.millrace.model.Compute.Place;
import dev.millrace.model.Compute.Precision;
import dev.millrace.model.PretrainedFolder;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.PublishedEncoder;
import dev.millrace.model.RandomEncoder;
import dev.millrace.model.Tokenizer;
import dev.millrace.trainer.Job;
import dev.millrace.trainer.ProgressReporter;
import dev.millrace.trainer.TrainerSettings;
import dev.millrace.trainer.VersionPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.CommonClientConfigs;

/** What the settings say about learning, in the words of the rooms that learn. */
final class Learning {

    private Learning() {}

    /**
     * The model to start from.
     *
     * @param settings of which {@code trainer.base} names it, or the folder it lies in
     * @param directory that a relative folder starts from
     * @return it, read
     */
    static PretrainedModel base(Settings settings, Path directory) {
        String name = settings.trainer().base();
        Optional<PublishedEncoder> published = PublishedEncoder.named(name);
        if (settings.trainer().keepsHead() && !Rule.isPath(name)) {
            throw new CommandException("trainer.base-head is kept, but trainer.base, " + name
                    + ", has no head; it must be" + " a folder with one");
        }
        if (published.isPresent()) {
            return built(published.get()).read();
        }
        if (name.equals(RandomEncoder.TINY)) {
            return RandomEncoder.tiny();
        }
        try {
            Path folder = directory.resolve(name);
            return settings.trainer().keepsHead()
                    ? PretrainedFolder.readWithHead(folder)
                    : PretrainedFolder.read(folder);
        } catch (IOException e) {
            throw unreadable(e);
        }
    }

    /**
     * The tokenizer of {@link #base}, without reading its weights.
     *
     * @param settings of which {@code trainer.base} names the model, or the folder it lies in
     * @param directory that a relative folder starts from
     * @return it, which the caller closes; it puts no prefix before a text
     */
    static Tokenizer tokenizer(Settings settings, Path directory) {
        String name = settings.trainer().base();
        Optional<PublishedEncoder> published = PublishedEncoder.named(name);
        try {
            String json;
            if (published.isPresent()) {
                json = built(published.get()).tokenizerJson();
            } else if (name.equals(RandomEncoder.TINY)) {
                json = PretrainedModel.bundledTokenizer();
            } else {
                json = PretrainedFolder.tokenizerJson(directory.resolve(name));
            }
            return Tokenizer.of(json, settings.recipe().maxTokens());
        } catch (IOException | IllegalArgumentException e) {
            throw unreadable(e);
        }
    }

    private static PublishedEncoder built(PublishedEncoder encoder) {
        if (!encoder.isPresent()) {
            throw new CommandException(
                    "trainer.base is " + encoder.base()
                            + ", which this build of Millrace does not have, for it is large. Build it once with the Maven profile"
                            + " bases: run ./millrace with MILLRACE_MAVEN_ARGS=-Pbases in its environment, or mvn -Pbases package");
        }
        return encoder;
    }

    private static CommandException unreadable(Exception cause) {
        return new CommandException("trainer.base cannot be read: " + cause.getMessage(), cause);
    }

    static Compute compute(Settings.Trainer trainer) {
        Place place = switch (trainer.device()) {
            case "cpu" -> Place.CPU;
            case "gpu" -> gpu();
            default -> Compute.hasGpu() ? Place.GPU : Place.CPU;
        };
        Precision precision = trainer.precision().equals("auto")
                ? Compute.fastestPrecision(place)
                : Precision.valueOf(trainer.precision().toUpperCase(Locale.ROOT));
        return new Compute(place, precision, trainer.threads(), trainer.frozenCacheBytes());
    }

    private static Place gpu() {
        if (!Compute.hasGpu()) {
            throw new CommandException("trainer.device is gpu, but CUDA shows none here; set it to auto or cpu");
        }
        return Place.GPU;
    }

    /**
     * How each model is trained. Those that name the same base share it.
     *
     * @param settings of the models
     * @param bases that are shared
     * @return by model
     * @throws CommandException when a base cannot be read
     */
    static Map<String, Job> jobs(Settings settings, Bases bases) {
        Map<String, Job> jobs = new TreeMap<>();
        for (String model : settings.models()) {
            Settings own = settings.forModel(model);
            jobs.put(model, new Job(bases.of(own), own.recipe()));
        }
        return jobs;
    }

    static TrainerSettings trainer(Settings settings, Map<String, Job> jobs) {
        Settings.Trainer trainer = settings.trainer();
        return new TrainerSettings(
                jobs,
                settings.topics().trainingExamples(),
                settings.topics().examplesRejected(),
                settings.topics().modelRegistry(),
                trainer.groupId(),
                settings.instanceId(),
                trainer.sessionTimeout(),
                trainer.activeTrainers(),
                clientProperties(settings.kafka()),
                trainer.openModels(),
                new VersionPolicy(
                        trainer.versionEveryExamples(),
                        trainer.versionEvery(),
                        trainer.idleFlush(),
                        trainer.keepTrainingStates(),
                        settings.gate(),
                        settings.rollback()));
    }

    /** Begins to report how training goes; the caller closes it after the trainer. */
    static ProgressReporter reporter(Settings settings, Clock clock, LongSupplier nanoTicker) {
        return ProgressReporter.start(
                settings.kafka().clientProperties(),
                settings.topics().trainingProgress(),
                settings.instanceId(),
                clock,
                nanoTicker);
    }

    private static Map<String, String> clientProperties(Settings.Kafka kafka) {
        Map<String, String> properties = new HashMap<>(kafka.client());
        properties.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers());
        return properties;
    }
}
