package dev.millrace.trainer;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Of which models there are records in a partition of the ledger that were read over, for nobody knew a job of theirs.
 * Kept beside the offset that a trainers' group commits, it says that of all other models everything before that offset is
 * in their versions, however long ago the newest of those was made. Immutable.
 *
 * @param models their names; null when it is not known which
 */
record SkippedModels(@Nullable Set<String> models) {

    /** It is not known which records were read over. */
    static final SkippedModels UNKNOWN = new SkippedModels((Set<String>) null);

    /** None were. */
    static final SkippedModels NONE = new SkippedModels(Set.of());

    private static final String PREFIX = "skipped:";

    /** Kafka takes 4,096 by default, and the brokers keep it in memory. */
    private static final int MOST_CHARACTERS = 1000;

    SkippedModels {
        models = models == null ? null : Set.copyOf(models);
    }

    /** Reads what {@link #metadata} has written; what somebody else wrote says nothing. */
    static SkippedModels of(@Nullable String metadata) {
        if (metadata == null || !metadata.startsWith(PREFIX)) {
            return UNKNOWN;
        }
        String names = metadata.substring(PREFIX.length());
        return names.isEmpty() ? NONE : new SkippedModels(Set.copyOf(List.of(names.split(",", -1))));
    }

    /** What is committed beside an offset. */
    String metadata() {
        String written = models == null ? "" : PREFIX + String.join(",", new TreeSet<>(models));
        return written.length() > MOST_CHARACTERS ? "" : written;
    }

    boolean areKnown() {
        return models != null;
    }

    /** Whether records of a model may have been read over. */
    boolean mayHave(String model) {
        return models == null || models.contains(model);
    }

    SkippedModels with(String model) {
        if (mayHave(model)) {
            return this;
        }
        Set<String> more = new TreeSet<>(models);
        more.add(model);
        return new SkippedModels(more);
    }

    SkippedModels without(Collection<String> found) {
        if (models == null) {
            return this;
        }
        Set<String> fewer = new TreeSet<>(models);
        fewer.removeAll(found);
        return new SkippedModels(fewer);
    }
}
