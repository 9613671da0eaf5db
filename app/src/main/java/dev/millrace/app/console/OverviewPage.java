package dev.millrace.app.console;

import dev.millrace.app.console.Frame.Section;
import dev.millrace.registry.Alias;
import dev.millrace.registry.ModelRegistry;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The overview: every model, how well it answers, and what is served of it. */
final class OverviewPage {

    /**
     * What the page shows.
     *
     * @param frame around it
     * @param models one row each, by name
     */
    record Overview(Frame frame, List<Row> models) {}

    /**
     * One model.
     *
     * @param model its name
     * @param champion the version that is served; null when there is none
     * @param latest the version that was published last
     * @param published when that was
     * @param examples learned by it
     * @param accuracy its prequential accuracy, 0 to 1; null when it has none
     */
    record Row(
            String model,
            @Nullable Long champion,
            long latest,
            Instant published,
            long examples,
            @Nullable Double accuracy) {}

    private final Pages pages;

    OverviewPage(Pages pages) {
        this.pages = pages;
    }

    void addTo(RoutesConfig routes) {
        routes.get(Section.OVERVIEW.path(), context -> show(context, "overview"));
        routes.get("/console/overview", context -> show(context, "overviewModels"));
    }

    private void show(Context context, String template) {
        ModelRegistry registry = pages.view();
        List<Row> rows = registry.models().stream()
                .flatMap(model -> row(registry, model).stream())
                .toList();
        pages.render(context, template, new Overview(pages.frame(Section.OVERVIEW, "Overview", ""), rows));
    }

    private static Optional<Row> row(ModelRegistry registry, String model) {
        return registry.latest(model).map(latest -> {
            var champion = registry.target(model, Alias.CHAMPION);
            return new Row(
                    model,
                    champion.isPresent() ? champion.getAsLong() : null,
                    latest.version(),
                    latest.time(),
                    latest.examples(),
                    latest.metrics().get("prequential_accuracy"));
        });
    }
}
