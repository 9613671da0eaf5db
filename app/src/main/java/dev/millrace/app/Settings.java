package dev.millrace.app;

import dev.millrace.ingest.Corrections;
import dev.millrace.ingest.TopicFormat;
import dev.millrace.registry.RegistryTopic;
import dev.millrace.registry.S3Location;
import dev.millrace.trainer.GateRules;
import dev.millrace.trainer.Recipe;
import dev.millrace.trainer.RecipeSetting;
import dev.millrace.trainer.RollbackRules;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.CommonClientConfigs;
import org.jspecify.annotations.Nullable;

/**
 * All settings of a Millrace, typed and checked. Immutable. Each component is explained in {@code docs/settings.md}
 * under the key of the same name.
 *
 * @param models to train; at least one
 * @param dataDirectory for everything kept on disk
 * @param instanceId the name of this process in its consumer groups, or null
 * @param memoryCeilingBytes of resident memory, above which it ends; 0 for none
 * @param kafka the cluster
 * @param topics names, with the prefix
 * @param ingest of the Streams topology
 * @param trainer of the loop
 * @param recipe of learning
 * @param gate what a version must not do worse than the champion
 * @param rollback when the champion is taken back
 * @param registry of versions and artifacts
 * @param score of serving
 * @param http of metrics, scoring, the API and the console
 * @param log of what is written for people who look after it
 * @param jobs by model, all settings as those models see them that have some otherwise than the rest
 */
record Settings(
        List<String> models,
        Path dataDirectory,
        @Nullable String instanceId,
        long memoryCeilingBytes,
        Kafka kafka,
        Topics topics,
        Ingest ingest,
        Trainer trainer,
        Recipe recipe,
        GateRules gate,
        RollbackRules rollback,
        Registry registry,
        ScoreSettings score,
        HttpSettings http,
        LogSettings log,
        Map<String, Settings> jobs) {

    /** All settings as a model sees them: with its own base and recipe. */
    Settings forModel(String model) {
        return jobs.getOrDefault(model, this);
    }

    /**
     * The model that a command is about.
     *
     * @param given by the option {@code --model}, or null
     * @return that, or the only one that there is
     * @throws CommandException when there are several
     */
    String model(@Nullable String given) {
        String meant = given == null ? CopiedModels.known(this).unnamed() : given;
        if (meant == null) {
            throw new CommandException("--model must say which of " + String.join(", ", models));
        }
        return meant;
    }

    /**
     * The cluster.
     *
     * @param bootstrapServers host:port, separated by commas
     * @param replicationFactor of topics that are created; -1 for the broker's default
     * @param partitions of topics that are created
     * @param client settings that every client gets, by Kafka's own names; may hold secrets
     */
    record Kafka(String bootstrapServers, short replicationFactor, int partitions, Map<String, String> client) {
        Kafka {
            client = Map.copyOf(client);
        }

        /** What every Kafka client is made with: the passed-through settings and the servers. */
        Map<String, Object> clientProperties() {
            Map<String, Object> properties = new HashMap<>(client);
            properties.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
            return properties;
        }

        /** Leaves the secrets out. */
        @Override
        public String toString() {
            return "Kafka[bootstrapServers=" + bootstrapServers + ", replicationFactor=" + replicationFactor
                    + ", partitions=" + partitions + ", client=" + client.keySet() + "]";
        }
    }

    /**
     * Names of topics, with the prefix.
     *
     * @param examples from producers
     * @param trainingExamples the ledger
     * @param examplesRejected dead letters
     * @param modelRegistry versions and aliases
     * @param deployments who serves what
     * @param inputs texts to be answered
     * @param labels of inputs, that come later
     * @param examplesUnpaired inputs and labels that never met
     * @param predictions their answers
     * @param trainingProgress how training goes
     */
    record Topics(
            String examples,
            String trainingExamples,
            String examplesRejected,
            String modelRegistry,
            String deployments,
            String inputs,
            String labels,
            String examplesUnpaired,
            String predictions,
            String trainingProgress) {

        List<String> all() {
            return List.of(
                    examples,
                    trainingExamples,
                    examplesRejected,
                    modelRegistry,
                    RegistryTopic.auditOf(modelRegistry),
                    deployments,
                    inputs,
                    labels,
                    examplesUnpaired,
                    predictions,
                    trainingProgress);
        }
    }

    /**
     * The Streams topology.
     *
     * @param applicationId its consumer group
     * @param maxTextCharacters of a text that is accepted
     * @param maxRecordBytes of a record that is accepted
     * @param deduplicationWindow how long an id is remembered
     * @param joinWindow how long inputs and labels wait for each other; zero where they are not joined
     * @param corrections what becomes of a second label
     * @param standbyReplicas of its state
     * @param threads of the topology
     * @param format of the records of examples
     * @param copyOf the model whose examples are copied to this one, or nothing
     */
    record Ingest(
            String applicationId,
            int maxTextCharacters,
            int maxRecordBytes,
            Duration deduplicationWindow,
            Duration joinWindow,
            Corrections corrections,
            int standbyReplicas,
            int threads,
            TopicFormat format,
            long shedAboveLag,
            double shedKeepAtLeast,
            String copyOf) {}

    /**
     * The training loop.
     *
     * @param groupId of its consumers
     * @param sessionTimeout of its consumers
     * @param activeTrainers that have models at a time, while others stand by; 0 for all
     * @param base the pretrained model
     * @param keepsHead whether training begins with the head of the base
     * @param idleFlush by the clock
     * @param versionEveryExamples trained on
     * @param versionEvery by the log's time
     * @param keepTrainingStates versions that can be trained on from
     * @param openModels that stay in memory while nothing comes of them
     * @param precision {@code auto}, {@code float32} or {@code bfloat16}
     * @param device {@code auto}, {@code cpu} or {@code gpu}
     * @param threads of arithmetic; 0 for one a core
     * @param frozenCacheBytes for what frozen layers made of texts
     */
    record Trainer(
            String groupId,
            Duration sessionTimeout,
            int activeTrainers,
            String base,
            boolean keepsHead,
            Duration idleFlush,
            long versionEveryExamples,
            Duration versionEvery,
            int keepTrainingStates,
            int openModels,
            String precision,
            String device,
            int threads,
            long frozenCacheBytes) {}

    /**
     * Versions and artifacts.
     *
     * @param store the artifact store's folder, unless the store is in S3
     * @param s3 where the artifact store is in S3, or null when it is a folder
     * @param copies the folder for copies of what is in S3, and of what was put together from deltas
     * @param deltas whether weights are kept as what differs from the base
     * @param signingKey the file of the key that signs versions, or null
     * @param trustedKeys the file or folder of the keys whose versions are accepted, or null for all versions
     */
    record Registry(
            Path store,
            @Nullable S3Location s3,
            Path copies,
            boolean deltas,
            @Nullable Path signingKey,
            @Nullable Path trustedKeys) {}

    Settings {
        jobs = Map.copyOf(jobs);
        models = List.copyOf(models);
    }

    /**
     * Builds from values that the table has parsed.
     *
     * @param parsed by key
     * @param client settings passed on to Kafka's clients
     */
    static Settings of(Map<String, Object> parsed, Map<String, String> client, Map<String, Settings> jobs) {
        SettingValues values = new SettingValues(parsed);
        Path dataDirectory = Path.of(values.text("data-directory"));
        String prefix = values.text("topic-prefix");
        String instanceId = values.text("instance-id");
        return new Settings(
                values.texts("models"),
                dataDirectory,
                instanceId.isEmpty() ? null : instanceId,
                values.whole("memory-ceiling-bytes"),
                new Kafka(
                        String.join(",", values.texts("kafka.bootstrap-servers")),
                        (short) values.whole("kafka.replication-factor"),
                        (int) values.whole("kafka.partitions"),
                        client),
                new Topics(
                        prefix + values.text("topics.examples"),
                        prefix + values.text("topics.training-examples"),
                        prefix + values.text("topics.examples-rejected"),
                        prefix + values.text("topics.model-registry"),
                        prefix + values.text("topics.deployments"),
                        prefix + values.text("topics.inputs"),
                        prefix + values.text("topics.labels"),
                        prefix + values.text("topics.examples-unpaired"),
                        prefix + values.text("topics.predictions"),
                        prefix + values.text("topics.training-progress")),
                ingest(values),
                trainer(values),
                recipe(values),
                gate(values),
                rollback(values),
                registry(values, dataDirectory),
                ScoreSettings.of(values),
                HttpSettings.of(values),
                LogSettings.of(values),
                jobs);
    }

    private static Registry registry(SettingValues values, Path dataDirectory) {
        String store = values.text("registry.store");
        boolean inS3 = store.startsWith(Rule.S3);
        return new Registry(
                inS3 || store.isBlank() ? dataDirectory.resolve("artifacts") : Path.of(store),
                inS3 ? s3(values, store) : null,
                dataDirectory.resolve("artifact-copies"),
                values.text("registry.weights").equals("delta"),
                values.optionalPath("registry.signing-key"),
                values.optionalPath("registry.trusted-keys"));
    }

    private static S3Location s3(SettingValues values, String store) {
        String endpoint = values.text("registry.s3-endpoint");
        String region = values.text("registry.s3-region");
        String pathStyle = values.text("registry.s3-path-style");
        return S3Location.of(
                store,
                endpoint.isBlank() ? null : URI.create(endpoint),
                region.isBlank() ? null : region,
                pathStyle.equals("auto") ? !endpoint.isBlank() : Boolean.parseBoolean(pathStyle));
    }

    private static Ingest ingest(SettingValues values) {
        return new Ingest(
                values.text("ingest.application-id"),
                (int) values.whole("ingest.max-text-characters"),
                (int) values.whole("ingest.max-record-bytes"),
                values.duration("ingest.deduplication-window"),
                values.duration("ingest.join-window"),
                Corrections.valueOf(values.text("ingest.label-corrections")
                        .toUpperCase(Locale.ROOT)
                        .replace('-', '_')),
                (int) values.whole("ingest.standby-replicas"),
                (int) values.whole("ingest.threads"),
                FormatSettings.of(values),
                values.whole(IngestRows.SHED_ABOVE_LAG),
                values.real("ingest.shed-keep-at-least"),
                values.text(CopiedModels.KEY));
    }

    private static Trainer trainer(SettingValues values) {
        return new Trainer(
                values.text("trainer.group-id"),
                values.duration("trainer.session-timeout"),
                (int) values.whole("trainer.active-trainers"),
                values.text("trainer.base"),
                values.text("trainer.base-head").equals("kept"),
                values.duration("trainer.idle-flush"),
                values.whole("trainer.version-every-examples"),
                values.duration("trainer.version-every"),
                (int) values.whole("trainer.keep-training-states"),
                (int) values.whole("trainer.open-models"),
                values.text("trainer.precision"),
                values.text("trainer.device"),
                (int) values.whole("trainer.threads"),
                values.whole("trainer.frozen-cache-bytes"));
    }

    private static GateRules gate(SettingValues values) {
        return new GateRules(
                (int) values.whole("gate.least-examples"),
                values.real("gate.least-effect"),
                values.real("gate.significance"),
                values.real("gate.recall-share"),
                values.real("gate.calibration-slack"),
                values.real("gate.latency-factor"),
                values.real("gate.size-factor"));
    }

    private static RollbackRules rollback(SettingValues values) {
        return new RollbackRules(
                (int) values.whole("rollback.least-examples"),
                values.real("rollback.fall"),
                values.whole("rollback.fresh-examples"));
    }

    private static Recipe recipe(SettingValues values) {
        Map<String, String> given = new HashMap<>();
        for (RecipeSetting setting : Recipe.settings()) {
            String value = values.text(SettingsTable.TRAINER + setting.name());
            boolean span = setting.kind() instanceof RecipeSetting.Span;
            given.put(setting.name(), span ? DurationText.parse(value).toString() : value);
        }
        return Recipe.of(given);
    }

    /**
     * What is wrong between settings that are each fine alone.
     *
     * @return a line for each
     */
    List<String> contradictions() {
        List<String> found = new ArrayList<>(score.contradictions());
        found.addAll(http.contradictions());
        found.addAll(IngestRows.contradictions(this));
        found.addAll(CopiedModels.contradictions(this));
        Set<String> seen = new HashSet<>();
        for (String topic : topics.all()) {
            if (!seen.add(topic)) {
                found.add("topics: each must have a name of its own, but two are called " + topic);
            }
            if (!Rule.isTopic(topic)) {
                found.add("topics: with topic-prefix, " + topic + " is no topic name: it has over 249 characters");
            }
        }
        return found;
    }
}
