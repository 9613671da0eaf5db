package dev.millrace.app.console;

import dev.millrace.registry.Alias;
import dev.millrace.registry.AuditEntry;
import dev.millrace.registry.Deployments;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.Problem;
import dev.millrace.registry.RegistryApi;
import dev.millrace.registry.RegistryVerb;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Asks for each change of the registry whether it is meant, with what will come of it, and makes it. What has changed
 * between the question and the answer makes the answer void.
 */
final class ChangeDialog {

    private static final List<RegistryVerb> OFFERED = List.of(
            RegistryVerb.PROMOTE, RegistryVerb.ROLLBACK, RegistryVerb.PIN, RegistryVerb.UNPIN, RegistryVerb.RETIRE);

    /**
     * The question.
     *
     * @param model its name
     * @param verb what is asked for
     * @param version which, or null where the verb has none
     * @param alias which
     * @param aliases that can be chosen instead
     * @param seen where the alias leads now, or null when nowhere
     * @param effects one sentence each
     */
    record Question(
            String model,
            RegistryVerb verb,
            @Nullable Long version,
            String alias,
            List<String> aliases,
            @Nullable Long seen,
            List<String> effects) {

        String title() {
            return switch (verb) {
                case PROMOTE -> "Promote version " + version + "?";
                case ROLLBACK -> "Roll " + alias + " back" + (version == null ? "" : " to version " + version) + "?";
                case PIN -> "Pin " + alias + " at version " + version + "?";
                case UNPIN -> "Unpin " + alias + "?";
                case RETIRE -> "Retire version " + version + "?";
                case REMOVE_ALIAS -> "Remove " + alias + "?";
            };
        }

        String button() {
            return switch (verb) {
                case PROMOTE -> "Promote";
                case ROLLBACK -> "Roll back";
                case PIN -> "Pin";
                case UNPIN -> "Unpin";
                case RETIRE -> "Retire for good";
                case REMOVE_ALIAS -> "Remove";
            };
        }
    }

    private final Pages pages;
    private final Writes writes;
    private final RegistryApi changes;
    private final Supplier<Deployments> deployments;

    ChangeDialog(Pages pages, Writes writes, RegistryApi changes, Supplier<Deployments> deployments) {
        this.pages = pages;
        this.writes = writes;
        this.changes = changes;
        this.deployments = deployments;
    }

    void addTo(RoutesConfig routes) {
        for (RegistryVerb verb : OFFERED) {
            String path = "/console/models/{model}/" + verb;
            routes.get(path, context -> ask(verb, context));
            routes.post(path, context -> change(verb, context));
        }
    }

    private void ask(RegistryVerb verb, Context context) {
        ModelRegistry registry = pages.view();
        String model = pages.model(context);
        String named = Asked.query(context, "alias");
        String alias = named.isEmpty() ? Alias.CHAMPION : named;
        Long target = target(registry, model, alias);
        Long version = version(verb, registry, model, alias, Asked.query(context, "version"));
        List<String> followers = deployments.get().of(model).stream()
                .filter(one -> one.alias().equals(alias))
                .map(one -> one.instance())
                .toList();
        List<String> aliases = Stream.concat(
                        Stream.of(Alias.CHAMPION, Alias.CANDIDATE), VersionShown.names(registry, model).stream())
                .distinct()
                .sorted()
                .toList();
        pages.render(
                context,
                "change",
                new Question(
                        model,
                        verb,
                        version,
                        alias,
                        aliases,
                        target,
                        new Effects(registry, model, alias, followers).of(verb, version)));
    }

    private static @Nullable Long version(
            RegistryVerb verb, ModelRegistry registry, String model, String alias, String asked) {
        if (verb == RegistryVerb.UNPIN) {
            return null;
        }
        if (verb == RegistryVerb.ROLLBACK && asked.isEmpty()) {
            return registry.alias(model, alias).map(Alias::previous).orElse(null);
        }
        long version = Asked.number("version", asked);
        if (registry.version(model, version).isEmpty()) {
            throw new Problem(404, "model " + model + " has no version " + version);
        }
        return version;
    }

    private void change(RegistryVerb verb, Context context) throws InterruptedException {
        writes.require(context);
        String model = pages.model(context);
        String alias = Asked.form(context, "alias");
        Map<String, String> fields = new HashMap<>();
        for (String field : List.of("version", "alias", "by", "reason")) {
            String value = Asked.form(context, field).strip();
            if (!value.isEmpty()) {
                fields.put(field, value);
            }
        }
        if (verb == RegistryVerb.RETIRE) {
            fields.remove("alias");
        }
        String seen = Asked.form(context, "seen");
        List<AuditEntry> told = changes.change(verb, model, fields, registry -> {
            if (verb != RegistryVerb.RETIRE) {
                requireSeen(seen, target(registry, model, alias), alias);
            }
        });
        Writes.told(
                context,
                told.stream()
                        .map(AuditEntry::event)
                        .map(event -> event.model() + ": " + event.action()
                                + (event.version() == null ? "" : " version " + event.version())
                                + (event.alias() == null ? "" : ", " + event.alias()))
                        .collect(Collectors.joining("; ", "Done. ", ".")));
        context.status(204);
    }

    private static void requireSeen(String seen, @Nullable Long now, String alias) {
        if (!seen.equals(now == null ? "" : now.toString())) {
            throw new Problem(
                    412,
                    "nothing was changed, for " + alias + " has moved since this was asked: it leads to "
                            + (now == null ? "no version" : "version " + now) + " now; ask again");
        }
    }

    private static @Nullable Long target(ModelRegistry registry, String model, String alias) {
        var target = registry.target(model, alias);
        return target.isPresent() ? target.getAsLong() : null;
    }
}
