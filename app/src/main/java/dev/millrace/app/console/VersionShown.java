package dev.millrace.app.console;

import dev.millrace.registry.Alias;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.Pin;
import dev.millrace.registry.Retirement;
import dev.millrace.registry.Verdict;
import dev.millrace.registry.VersionRecord;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A version and what is said of it.
 *
 * @param record its record
 * @param aliases that lead to it
 * @param verdict of the gate, or null when it was not judged
 * @param retirement or null while it is in use
 * @param canRollBack whether the champion can be taken back to it
 * @param canRetire whether nothing needs it
 */
record VersionShown(
        VersionRecord record,
        List<String> aliases,
        @Nullable Verdict verdict,
        @Nullable Retirement retirement,
        boolean canRollBack,
        boolean canRetire) {

    VersionShown {
        aliases = List.copyOf(aliases);
    }

    static VersionShown of(ModelRegistry registry, VersionRecord version) {
        String model = version.model();
        List<String> aliases = aliases(registry, version);
        boolean inUse = registry.retirement(model, version.version()).isEmpty();
        boolean isLatest = registry.latest(model).filter(version::equals).isPresent();
        boolean isNeeded = isLatest
                || !aliases.isEmpty()
                || registry.aliases(model).stream().anyMatch(alias -> alias.version() == version.version());
        return new VersionShown(
                version,
                aliases,
                registry.verdict(model, version.version()).orElse(null),
                registry.retirement(model, version.version()).orElse(null),
                inUse && registry.target(model, Alias.CHAMPION).orElse(0) > version.version(),
                inUse && !isNeeded);
    }

    /** The aliases that lead to a version, by name. */
    static List<String> aliases(ModelRegistry registry, VersionRecord version) {
        return names(registry, version.model()).stream()
                .filter(alias -> registry.target(version.model(), alias).orElse(0) == version.version())
                .toList();
    }

    /** All aliases of a model, those that are only pinned too. */
    static List<String> names(ModelRegistry registry, String model) {
        return List.copyOf(new TreeSet<>(Stream.concat(
                        registry.aliases(model).stream().map(Alias::alias),
                        registry.pins(model).stream().map(Pin::alias))
                .toList()));
    }

    boolean isRetired() {
        return retirement != null;
    }
}
