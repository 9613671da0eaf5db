package dev.millrace.registry;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One version of a model: what it is made of and how it came to be. The value under {@code model/version} in the
 * {@code model-registry} topic.
 *
 * <p>Immutable. Its JSON carries {@code "schema": 1}; readers ignore fields they do not know.
 *
 * @param model the model's name
 * @param version 1 for the first, one more for each next
 * @param time when it was made, by the clock of the trainer; informative only
 * @param parent the version it was trained on from, or null for the first
 * @param base the pretrained model everything started from
 * @param artifacts its files, each with its digest
 * @param labels what it can answer, in the order of the head's rows
 * @param position how far the ledger was folded in
 * @param examples trained on so far, since the base
 * @param steps taken so far, since the base
 * @param newestExample the latest time any of its examples came to be, or null when it has none
 * @param settings of learning, by name
 * @param settingsSha256 the digest of those settings
 * @param metrics at that moment, by name, such as {@code prequential_accuracy} and {@code loss}
 * @param runtime what it was computed with: {@code engine}, {@code device}, {@code precision}, {@code threads}, {@code processor}
 * @param lineage how it came from its parent, or null in records from before that was kept
 * @param signature who vouches for all of the above, or null when nobody does
 */
public record VersionRecord(
        String model,
        long version,
        Instant time,
        @Nullable Long parent,
        String base,
        List<Artifact> artifacts,
        List<String> labels,
        LogPosition position,
        long examples,
        long steps,
        @Nullable Instant newestExample,
        Map<String, String> settings,
        String settingsSha256,
        Map<String, Double> metrics,
        Map<String, String> runtime,
        @Nullable Lineage lineage,
        @Nullable RecordSignature signature)
        implements RegistryEntry {

    public VersionRecord {
        if (version < 1) {
            throw new IllegalArgumentException("version must be >= 1, but is " + version);
        }
        if (parent != null && parent >= version) {
            throw new IllegalArgumentException("parent must be < version, but is " + parent + " for " + version);
        }
        artifacts = List.copyOf(artifacts);
        labels = List.copyOf(labels);
        settings = Map.copyOf(settings);
        metrics = Map.copyOf(metrics);
        runtime = Map.copyOf(runtime);
    }

    /**
     * A version that nobody has signed; each parameter as above.
     *
     * @param model as above
     * @param version as above
     * @param time as above
     * @param parent as above
     * @param base as above
     * @param artifacts as above
     * @param labels as above
     * @param position as above
     * @param examples as above
     * @param steps as above
     * @param newestExample as above
     * @param settings as above
     * @param settingsSha256 as above
     * @param metrics as above
     * @param runtime as above
     * @param lineage as above
     */
    public VersionRecord(
            String model,
            long version,
            Instant time,
            @Nullable Long parent,
            String base,
            List<Artifact> artifacts,
            List<String> labels,
            LogPosition position,
            long examples,
            long steps,
            @Nullable Instant newestExample,
            Map<String, String> settings,
            String settingsSha256,
            Map<String, Double> metrics,
            Map<String, String> runtime,
            @Nullable Lineage lineage) {
        this(
                model,
                version,
                time,
                parent,
                base,
                artifacts,
                labels,
                position,
                examples,
                steps,
                newestExample,
                settings,
                settingsSha256,
                metrics,
                runtime,
                lineage,
                null);
    }

    /** The same version with another signature, or with none. */
    VersionRecord signed(@Nullable RecordSignature by) {
        return new VersionRecord(
                model,
                version,
                time,
                parent,
                base,
                artifacts,
                labels,
                position,
                examples,
                steps,
                newestExample,
                settings,
                settingsSha256,
                metrics,
                runtime,
                lineage,
                by);
    }

    /**
     * The file with a role.
     *
     * @param role as in {@link Artifact#role()}
     * @return that file, or empty when the version has none
     */
    public Optional<Artifact> artifact(String role) {
        return artifacts.stream()
                .filter(artifact -> artifact.role().equals(role))
                .findFirst();
    }
}
