package dev.millrace.trainer;

import dev.millrace.registry.Lineage;
import dev.millrace.registry.Lineage.Intervention;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.VersionRecord;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The versions from the base to one version, each the parent of the next. */
final class Line {

    private Line() {}

    /** The line of a model's newest version; empty when it has none. */
    static List<VersionRecord> of(ModelRegistry registry, String model) {
        return registry.latest(model).map(newest -> to(registry, newest)).orElse(List.of());
    }

    /**
     * The line of a version, oldest first.
     *
     * @throws IllegalStateException when one of it is not in the registry any more
     */
    static List<VersionRecord> to(ModelRegistry registry, VersionRecord version) {
        Deque<VersionRecord> line = new ArrayDeque<>();
        Optional<VersionRecord> next = Optional.of(version);
        while (next.isPresent()) {
            VersionRecord current = next.get();
            line.addFirst(current);
            Long parent = current.parent();
            next = parent == null
                    ? Optional.empty()
                    : Optional.of(registry.version(current.model(), parent)
                            .orElseThrow(() -> new IllegalStateException("Version " + current.version() + " of "
                                    + current.model() + " comes from version " + parent
                                    + ", whose record is not in the registry any more")));
        }
        return List.copyOf(line);
    }

    /**
     * How a version came from its parent.
     *
     * @throws IllegalStateException when its record does not say
     */
    static Lineage lineage(VersionRecord version) {
        Lineage lineage = version.lineage();
        if (lineage == null) {
            throw new IllegalStateException("The record of version " + version.version() + " of " + version.model()
                    + " does not say how it came from its parent: it was made before that was kept");
        }
        return lineage;
    }

    /** The recipe that a model began with. */
    static Recipe firstRecipe(List<Lineage> fromTheBase) {
        Lineage first = fromTheBase.get(0);
        Map<String, String> settings = first.interventions().stream()
                .filter(intervention -> intervention.action().equals(Lineage.RECONFIGURED)
                        && intervention.offset() == first.fromOffset())
                .findFirst()
                .map(Intervention::detail)
                .orElseThrow(() -> new IllegalStateException("the line does not say how it began"));
        return Recipe.of(settings);
    }
}
