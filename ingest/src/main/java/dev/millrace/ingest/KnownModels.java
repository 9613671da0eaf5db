package dev.millrace.ingest;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The models that records may be for. Immutable.
 *
 * @param all their names, one at least
 * @param unnamed the one that is meant where a record names none, or null where each record must name one
 */
public record KnownModels(Set<String> all, @Nullable String unnamed) {

    public KnownModels {
        all = Collections.unmodifiableSet(new LinkedHashSet<>(all));
        if (all.isEmpty()) {
            throw new IllegalArgumentException("all must name one model at least");
        }
        if (unnamed != null && !all.contains(unnamed)) {
            throw new IllegalArgumentException("unnamed must be one of " + all + ", but is " + unnamed);
        }
    }

    /**
     * Models of which the only one need not be named. One that is given the examples of another does not count: whoever
     * sets it up beside the first must not have to change those who write.
     *
     * @param all their names, one at least
     * @param copies by model, the one whose examples it is given too
     * @return the models
     */
    public static KnownModels of(Set<String> all, Map<String, String> copies) {
        List<String> originals =
                all.stream().filter(model -> !copies.containsKey(model)).toList();
        return new KnownModels(all, originals.size() == 1 ? originals.get(0) : null);
    }
}
