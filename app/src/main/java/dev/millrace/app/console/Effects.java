package dev.millrace.app.console;

import dev.millrace.registry.Alias;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.Pin;
import dev.millrace.registry.RegistryVerb;
import dev.millrace.registry.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * What will come of a change, in sentences.
 *
 * @param registry as it is
 * @param model its name
 * @param alias that is changed
 * @param followers the instances that say they follow the alias
 */
record Effects(ModelRegistry registry, String model, String alias, List<String> followers) {

    List<String> of(RegistryVerb verb, @Nullable Long version) {
        List<String> effects = new ArrayList<>();
        switch (verb) {
            case PROMOTE -> {
                effects.add(go(version) + "; " + alias + " moves on when something moves it again"
                        + (alias.equals(Alias.CHAMPION) ? ", as the next version does that passes the gate." : "."));
                pin().ifPresent(pin -> effects.add("The pin at version " + pin.version() + ", which " + pin.by()
                        + " set (" + pin.reason() + "), is taken away."));
                judged(version, effects);
            }
            case ROLLBACK, PIN -> {
                effects.add(go(version) + " and stay there until unpinned, whatever is published meanwhile.");
                judged(version, effects);
            }
            case UNPIN -> effects.add(unpinned());
            case RETIRE -> {
                effects.add("Version " + version + " goes out of use for good: no alias may lead to it any more,"
                        + " and a sweep of the store may remove its files. Its record stays.");
                effects.add("This cannot be undone.");
            }
            case REMOVE_ALIAS -> effects.add("Services on " + alias + " have nothing to follow.");
        }
        if (verb != RegistryVerb.RETIRE) {
            effects.add(
                    followers.isEmpty()
                            ? "No service says that it follows " + alias + "."
                            : "Services that say they follow it: " + String.join(", ", followers) + ".");
        }
        return effects;
    }

    private Optional<Pin> pin() {
        return registry.pin(model, alias);
    }

    private String go(@Nullable Long version) {
        String to = version == null ? "the version before" : "version " + version;
        OptionalLong now = registry.target(model, alias);
        if (now.isEmpty()) {
            return "Services on " + alias + ", which leads nowhere yet, go to " + to;
        }
        return version != null && now.getAsLong() == version
                ? "Services on " + alias + " are on " + to + " already"
                : "Services on " + alias + " go from version " + now.getAsLong() + " to " + to;
    }

    private String unpinned() {
        String held = registry.target(model, alias).stream()
                .mapToObj(version -> "version " + version)
                .findFirst()
                .orElse("no version");
        return registry.alias(model, alias)
                .map(free -> free.version() == registry.target(model, alias).orElse(0)
                        ? "Services on " + alias + " stay on " + held + ", and move on with the next that is promoted."
                        : "Services on " + alias + " go from " + held + " to version " + free.version() + ".")
                .orElse("Services on " + alias + " keep what they have, but " + alias + " leads nowhere any more.");
    }

    private void judged(@Nullable Long version, List<String> effects) {
        if (version != null) {
            registry.verdict(model, version)
                    .filter(verdict -> !verdict.passed())
                    .ifPresent(verdict -> verdict.findings().stream()
                            .filter(finding -> !finding.passed())
                            .map(Verdict.Finding::reason)
                            .forEach(reason -> effects.add("The gate refused this version: " + reason + ".")));
        }
    }
}
