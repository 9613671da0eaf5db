package dev.millrace.ingest;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All that ingest can be told.
 *
 * @param bootstrapServers the Kafka brokers
 * @param applicationId the consumer group and the prefix of internal topics; instances that share it share the work
 * @param instanceId a name of this instance that is the same after a restart and that no other one has, or null; with
 *     one, an instance that was killed is replaced at once, and of two with the same the older stops
 * @param stateDirectory where the local state is kept; the brokers hold a copy of all of it
 * @param topics the names of the topics
 * @param models the names of the jobs, one at least; an example that names none is for the only one
 * @param maxTextCharacters the longest text admitted, in Unicode characters
 * @param maxRecordBytes the largest record value admitted
 * @param deduplicationWindow for how long an id is remembered, in the time of the stream
 * @param processingThreads how many threads of this instance do the work
 * @param standbyReplicas how many other instances keep a copy of the local state at hand
 * @param joining how inputs and labels that come by themselves are made examples, or null where they are not
 * @param clientProperties more properties of every Kafka client, such as those of security; they win over ours
 * @param format how the records of {@code topics.examples} are written
 * @param shedding what is left out while training is behind, or null where all is taken
 * @param copies by model, the one whose examples it is given too, beside its own; both are of {@code models}
 */
public record IngestSettings(
        String bootstrapServers,
        String applicationId,
        @Nullable String instanceId,
        Path stateDirectory,
        Topics topics,
        Set<String> models,
        int maxTextCharacters,
        int maxRecordBytes,
        Duration deduplicationWindow,
        int processingThreads,
        int standbyReplicas,
        @Nullable Joining joining,
        Map<String, String> clientProperties,
        TopicFormat format,
        @Nullable Shedding shedding,
        Map<String, String> copies) {

    /** How often what was done is committed, and so seen by those who read the ledger. */
    public static final Duration COMMIT_INTERVAL = Duration.ofMillis(100);

    /** The default of {@code applicationId}. */
    public static final String DEFAULT_APPLICATION_ID = "millrace-ingest";

    /** The default of {@code maxTextCharacters}. */
    public static final int DEFAULT_MAX_TEXT_CHARACTERS = 20_000;

    /** The default of {@code maxRecordBytes}. */
    public static final int DEFAULT_MAX_RECORD_BYTES = 1024 * 1024;

    /** The default of {@code shedding.keepAtLeast}. */
    public static final double LEAST_KEPT_SHARE = 0.05;

    /** The default of {@code deduplicationWindow}. */
    public static final Duration DEFAULT_DEDUPLICATION_WINDOW = Duration.ofDays(7);

    /**
     * The names of the topics.
     *
     * @param examples what producers write to
     * @param trainingExamples the validated examples, the ledger of training
     * @param examplesRejected the records that broke the contract
     */
    public record Topics(String examples, String trainingExamples, String examplesRejected) {

        /** The names of the design. */
        public static final Topics DEFAULT = new Topics("examples", "training-examples", "examples-rejected");

        public Topics {
            requireText("topics.examples", examples);
            requireText("topics.trainingExamples", trainingExamples);
            requireText("topics.examplesRejected", examplesRejected);
            if (examples.equals(trainingExamples)
                    || examples.equals(examplesRejected)
                    || trainingExamples.equals(examplesRejected)) {
                throw new IllegalArgumentException("the three topics must differ, but are " + examples + ", "
                        + trainingExamples + " and " + examplesRejected);
            }
        }
    }

    /**
     * How inputs and labels that come by themselves are made examples.
     *
     * @param inputs the topic of texts without labels
     * @param labels the topic of labels without texts
     * @param examplesUnpaired the topic of halves whose other half never came
     * @param window for how long a half waits for the other, in the time of the stream
     * @param corrections what becomes of a second label
     */
    public record Joining(
            String inputs, String labels, String examplesUnpaired, Duration window, Corrections corrections) {

        public Joining {
            requireText("inputs", inputs);
            requireText("labels", labels);
            requireText("examplesUnpaired", examplesUnpaired);
            requireAboveZero("window in milliseconds", window.toMillis());
        }
    }

    /**
     * What is left out while training is behind.
     *
     * @param trainerGroup the consumer group of the trainers, whose offsets say what is in a version
     * @param aboveLag a sample is taken while more records than this of a model's partition are in no version
     * @param keepAtLeast of what comes, however far behind training is: above 0, at most 1
     */
    public record Shedding(String trainerGroup, long aboveLag, double keepAtLeast) {

        public Shedding {
            requireText("trainerGroup", trainerGroup);
            requireAboveZero("aboveLag", aboveLag);
            if (!(keepAtLeast > 0 && keepAtLeast <= 1)) {
                throw new IllegalArgumentException("keepAtLeast must be above 0 and at most 1, but is " + keepAtLeast);
            }
        }
    }

    public IngestSettings {
        requireText("bootstrapServers", bootstrapServers);
        requireText("applicationId", applicationId);
        if (models.isEmpty()) {
            throw new IllegalArgumentException("models must name one job at least");
        }
        models.forEach(model -> requireText("a name in models", model));
        models = Collections.unmodifiableSet(new LinkedHashSet<>(models));
        requireAboveZero("maxTextCharacters", maxTextCharacters);
        requireAboveZero("maxRecordBytes", maxRecordBytes);
        requireAboveZero("processingThreads", processingThreads);
        requireAboveZero("standbyReplicas + 1", standbyReplicas + 1L);
        requireAboveZero("deduplicationWindow in milliseconds", deduplicationWindow.toMillis());
        clientProperties = Map.copyOf(clientProperties);
        copies = Map.copyOf(copies);
        Copies.byOriginal(models, copies);
    }

    /**
     * The models that records may be for.
     *
     * @return them, and which is meant where none is named
     */
    public KnownModels knownModels() {
        return KnownModels.of(models, copies);
    }

    /**
     * These settings, with models that are given the examples of others too.
     *
     * @param others by model, the one whose examples it is given
     * @return settings that differ in that alone
     * @throws IllegalArgumentException if one is not known, or a model would be given its own examples
     */
    public IngestSettings withCopies(Map<String, String> others) {
        return with(joining, format, shedding, others);
    }

    /**
     * Settings with every default.
     *
     * @param bootstrapServers the Kafka brokers
     * @param stateDirectory where the local state is kept
     * @param models the names of the jobs
     * @return the settings
     */
    public static IngestSettings of(String bootstrapServers, Path stateDirectory, Set<String> models) {
        return new IngestSettings(
                bootstrapServers,
                DEFAULT_APPLICATION_ID,
                null,
                stateDirectory,
                Topics.DEFAULT,
                models,
                DEFAULT_MAX_TEXT_CHARACTERS,
                DEFAULT_MAX_RECORD_BYTES,
                DEFAULT_DEDUPLICATION_WINDOW,
                1,
                0,
                null,
                Map.of(),
                TopicFormat.CONTRACT,
                null,
                Map.of());
    }

    /**
     * These settings, with late labels.
     *
     * @param how they are joined with their inputs
     * @return settings that differ in that alone
     */
    public IngestSettings with(Joining how) {
        return with(how, format, shedding, copies);
    }

    /**
     * These settings, for records in another format.
     *
     * @param other how the records of {@code topics.examples} are written
     * @return settings that differ in that alone
     */
    public IngestSettings with(TopicFormat other) {
        return with(joining, other, shedding, copies);
    }

    /**
     * These settings, with a bound for what waits to be learned.
     *
     * @param how what is left out above it
     * @return settings that differ in that alone
     */
    public IngestSettings with(Shedding how) {
        return with(joining, format, how, copies);
    }

    private IngestSettings with(
            @Nullable Joining how, TopicFormat other, @Nullable Shedding shed, Map<String, String> copied) {
        return new IngestSettings(
                bootstrapServers,
                applicationId,
                instanceId,
                stateDirectory,
                topics,
                models,
                maxTextCharacters,
                maxRecordBytes,
                deduplicationWindow,
                processingThreads,
                standbyReplicas,
                how,
                clientProperties,
                other,
                shed,
                copied);
    }

    /** Shows all but the values of the client properties, which may be secret. */
    @Override
    public String toString() {
        return "IngestSettings[bootstrapServers=" + bootstrapServers + ", applicationId=" + applicationId
                + ", instanceId=" + instanceId
                + ", stateDirectory=" + stateDirectory + ", topics=" + topics + ", models=" + models
                + ", maxTextCharacters=" + maxTextCharacters + ", maxRecordBytes=" + maxRecordBytes
                + ", deduplicationWindow=" + deduplicationWindow + ", processingThreads=" + processingThreads
                + ", standbyReplicas=" + standbyReplicas + ", joining=" + joining
                + ", clientProperties=" + clientProperties.keySet() + ", format=" + format + ", shedding="
                + shedding + ", copies=" + copies + "]";
    }

    private static void requireText(String name, String value) {
        if (value.isBlank()) {
            throw new IllegalArgumentException(name + " must not be blank");
        }
    }

    private static void requireAboveZero(String name, long value) {
        if (value <= 0) {
            throw new IllegalArgumentException(name + " must be above 0, but is " + value);
        }
    }
}
