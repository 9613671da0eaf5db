package dev.millrace.app;

import dev.millrace.model.PublishedEncoder;
import dev.millrace.model.RandomEncoder;
import dev.millrace.registry.JobCatalog;
import dev.millrace.registry.JobRecord;
import dev.millrace.trainer.CreatedJobs;
import dev.millrace.trainer.Job;
import dev.millrace.trainer.Recipe;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Created jobs as the catalog in the registry's topic has them, beside those that the settings name. Thread-safe.
 *
 * <p>What comes from a topic names no file: such a job begins with a published encoder, or with a base that the settings of
 * this process use themselves.
 */
final class CatalogJobs implements CreatedJobs, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(CatalogJobs.class);

    /** A job as it was found, and what it comes to here; nothing where it cannot be had. */
    private record Known(JobRecord job, @Nullable Settings settings) {}

    private final Settings settings;
    private final Bases bases;
    private final JobCatalog catalog;
    private final Map<String, Known> known = new HashMap<>();

    private CatalogJobs(Settings settings, Bases bases, JobCatalog catalog) {
        this.settings = settings;
        this.bases = bases;
        this.catalog = catalog;
    }

    /**
     * Opens them.
     *
     * @param settings of this process
     * @param bases that it has read
     * @param nanoTicker elapsed time
     * @return them; the caller closes them
     */
    static CatalogJobs open(Settings settings, Bases bases, LongSupplier nanoTicker) {
        return new CatalogJobs(
                settings,
                bases,
                JobCatalog.open(
                        settings.kafka().clientProperties(), settings.topics().modelRegistry(), nanoTicker));
    }

    @Override
    public Set<String> models() {
        Set<String> models = new TreeSet<>(catalog.jobs().keySet());
        models.removeIf(model -> settingsOf(model).isEmpty());
        return models;
    }

    @Override
    public Optional<Job> find(String model) {
        return settingsOf(model).flatMap(own -> {
            try {
                return Optional.of(new Job(bases.of(own), own.recipe()));
            } catch (CommandException e) {
                LOG.error("The job that was created for {} is not trained here: {}", model, e.getMessage());
                return Optional.empty();
            }
        });
    }

    /**
     * All settings as a model sees them whose job was created.
     *
     * @param model its name
     * @return them; empty when there is no such job, it cannot be had here, or the settings name the model themselves
     * @throws org.apache.kafka.common.KafkaException when Kafka does not answer, or refuses
     */
    synchronized Optional<Settings> settingsOf(String model) {
        if (settings.models().contains(model)) {
            return Optional.empty();
        }
        Optional<JobRecord> job = catalog.find(model);
        if (job.isEmpty()) {
            known.remove(model);
            return Optional.empty();
        }
        Known before = known.get(model);
        if (before == null || !before.job().equals(job.get())) {
            before = new Known(job.get(), settings(job.get()));
            known.put(model, before);
        }
        return Optional.ofNullable(before.settings());
    }

    private @Nullable Settings settings(JobRecord job) {
        try {
            return of(settings, job);
        } catch (IllegalArgumentException e) {
            LOG.error(
                    "The job that was created for {} by {} cannot be had here: {}",
                    job.model(),
                    job.by(),
                    e.getMessage());
            return null;
        }
    }

    /**
     * All settings as the model of a job sees them.
     *
     * @param settings of this process
     * @param job that was created
     * @throws IllegalArgumentException when the job has settings that are none, or a base that it must not name
     */
    static Settings of(Settings settings, JobRecord job) {
        requireBase(settings, job.base());
        Settings.Trainer all = settings.trainer();
        return new Settings(
                List.of(job.model()),
                settings.dataDirectory(),
                settings.instanceId(),
                settings.memoryCeilingBytes(),
                settings.kafka(),
                settings.topics(),
                settings.ingest(),
                new Settings.Trainer(
                        all.groupId(),
                        all.sessionTimeout(),
                        all.activeTrainers(),
                        job.base(),
                        false,
                        all.idleFlush(),
                        all.versionEveryExamples(),
                        all.versionEvery(),
                        all.keepTrainingStates(),
                        all.openModels(),
                        all.precision(),
                        all.device(),
                        all.threads(),
                        all.frozenCacheBytes()),
                Recipe.of(job.settings()),
                settings.gate(),
                settings.rollback(),
                settings.registry(),
                settings.score(),
                settings.http(),
                settings.log(),
                Map.of());
    }

    private static void requireBase(Settings settings, String base) {
        Set<String> own = new HashSet<>();
        own.add(settings.trainer().base());
        settings.models()
                .forEach(model -> own.add(settings.forModel(model).trainer().base()));
        boolean published = PublishedEncoder.named(base).isPresent() || base.equals(RandomEncoder.TINY);
        if (!published && !own.contains(base)) {
            throw new IllegalArgumentException("its base, " + base
                    + ", is neither a published encoder nor a base in the settings of this process, and what a topic"
                    + " says is not taken for a file");
        }
    }

    @Override
    public void close() {
        catalog.close();
    }
}
