package dev.millrace.app.console;

import dev.millrace.app.console.Frame.Section;
import dev.millrace.registry.Alias;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.Pin;
import dev.millrace.registry.Problem;
import dev.millrace.registry.VersionDiff;
import dev.millrace.registry.VersionRecord;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The versions of a model: their list, each with all that is recorded of it, and what two of them differ in. */
final class VersionsPage {

    private static final int PAGE = 25;
    private static final int ANCESTORS = 12;

    /**
     * A part of the list, newest first.
     *
     * @param frame around it
     * @param model its name
     * @param versions of this part
     * @param graph of the same versions
     * @param aliases of the model
     * @param before the number that all versions of this part are below; null for the newest part
     * @param older the number that all versions of the next part are below; null when there is none
     * @param refusal why nobody may change anything here, or null
     */
    record Versions(
            Frame frame,
            String model,
            List<VersionShown> versions,
            LineageGraph graph,
            List<AliasShown> aliases,
            @Nullable Long before,
            @Nullable Long older,
            @Nullable String refusal) {}

    /**
     * An alias.
     *
     * @param name of it
     * @param version that it leads to
     * @param pin that holds it, or null
     * @param alias where it points, or null when it is only pinned
     */
    record AliasShown(
            String name,
            long version,
            @Nullable Pin pin,
            @Nullable Alias alias) {}

    /**
     * One version.
     *
     * @param frame around it
     * @param model its name
     * @param version which
     * @param graph of what it came from and what came of it
     * @param refusal why nobody may change anything here, or null
     */
    record One(
            Frame frame,
            String model,
            VersionShown version,
            LineageGraph graph,
            @Nullable String refusal) {}

    /**
     * Two versions.
     *
     * @param frame around it
     * @param model its name
     * @param diff what they differ in
     */
    record Compared(Frame frame, String model, VersionDiff diff) {}

    private final Pages pages;
    private final Writes writes;

    VersionsPage(Pages pages, Writes writes) {
        this.pages = pages;
        this.writes = writes;
    }

    void addTo(RoutesConfig routes) {
        routes.get("/models/{model}/versions", context -> list(context, "versions"));
        routes.get("/console/models/{model}/versions", context -> list(context, "versionsList"));
        routes.get("/models/{model}/versions/{version}", context -> one(context, "version"));
        routes.get("/console/models/{model}/versions/{version}", context -> one(context, "versionAll"));
        routes.get("/models/{model}/diff", this::compare);
    }

    private void list(Context context, String template) {
        ModelRegistry registry = pages.view();
        String model = pages.model(context);
        String asked = Asked.query(context, "before");
        long before = asked.isEmpty() ? Long.MAX_VALUE : Asked.number("before", asked);
        List<VersionRecord> found = registry.versionsBefore(model, before, PAGE + 1);
        boolean hasOlder = found.size() > PAGE;
        List<VersionRecord> part = hasOlder ? found.subList(0, PAGE) : found;
        pages.render(
                context,
                template,
                new Versions(
                        pages.frame(context, Section.OVERVIEW, "Versions of " + model, model),
                        model,
                        part.stream()
                                .map(version -> VersionShown.of(registry, version))
                                .toList(),
                        LineageGraph.of(registry, part),
                        aliases(registry, model),
                        asked.isEmpty() ? null : before,
                        hasOlder ? part.get(part.size() - 1).version() : null,
                        writes.refusal(context).orElse(null)));
    }

    private static List<AliasShown> aliases(ModelRegistry registry, String model) {
        return VersionShown.names(registry, model).stream()
                .map(name -> new AliasShown(
                        name,
                        registry.target(model, name).orElseThrow(),
                        registry.pin(model, name).orElse(null),
                        registry.alias(model, name).orElse(null)))
                .toList();
    }

    private void one(Context context, String template) {
        ModelRegistry registry = pages.view();
        String model = pages.model(context);
        VersionRecord version = version(registry, model, context.pathParam("version"));
        List<VersionRecord> family = new ArrayList<>(registry.line(version, ANCESTORS));
        registry.versions(model).stream()
                .filter(child -> child.parent() != null && child.parent() == version.version())
                .forEach(family::add);
        pages.render(
                context,
                template,
                new One(
                        pages.frame(context, Section.OVERVIEW, "Version " + version.version() + " of " + model, model),
                        model,
                        VersionShown.of(registry, version),
                        LineageGraph.of(registry, family),
                        writes.refusal(context).orElse(null)));
    }

    private void compare(Context context) {
        ModelRegistry registry = pages.view();
        String model = pages.model(context);
        VersionRecord from = version(registry, model, Asked.query(context, "from"));
        VersionRecord to = version(registry, model, Asked.query(context, "to"));
        pages.render(
                context,
                "diff",
                new Compared(
                        pages.frame(
                                context,
                                Section.OVERVIEW,
                                "From version " + from.version() + " to version " + to.version() + " of " + model,
                                model),
                        model,
                        VersionDiff.between(from, to)));
    }

    private static VersionRecord version(ModelRegistry registry, String model, String name) {
        return registry.resolve(model, name)
                .orElseThrow(() -> new Problem(404, "model " + model + " has no version '" + name + "'"));
    }
}
