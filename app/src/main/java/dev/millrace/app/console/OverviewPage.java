package dev.millrace.app.console;

import dev.millrace.app.console.Frame.Section;
import dev.millrace.registry.Alias;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.VersionRecord;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The overview: whether anything is wrong, and every model, how well it answers beside what never learned, and what is
 * served of it. Before anything has come, how to send the first example.
 */
final class OverviewPage {

    /** A trainer that was not heard of for so long has missed three of its reports. */
    static final Duration SILENT = Duration.ofSeconds(30);

    /**
     * What the page shows.
     *
     * @param frame around it
     * @param troubles of this process and of trainers that are silent, the gravest first
     * @param models one row each, by name
     * @param start how to send the first example
     */
    record Overview(Frame frame, List<Trouble> troubles, List<Row> models, FirstExample start) {}

    /**
     * One model.
     *
     * @param model its name
     * @param progress of its training; null when no trainer has told of it
     * @param champion the version that is served; null when there is none
     * @param latest the number of the version that was published last; null when there is none
     * @param freshness from the newest example that the champion has learned to its publishing; null when not known
     * @param spark the way of its accuracy
     */
    record Row(
            String model,
            @Nullable ModelProgress progress,
            @Nullable Long champion,
            @Nullable Long latest,
            @Nullable Duration freshness,
            Sparkline spark) {

        @Nullable CurvePoint point() {
            return progress == null ? null : progress.curve().latest();
        }
    }

    private final Pages pages;
    private final ProgressView progress;
    private final Troubles troubles;
    private final FirstExample start;
    private final Clock clock;

    OverviewPage(Pages pages, ProgressView progress, Troubles troubles, FirstExample start, Clock clock) {
        this.pages = pages;
        this.progress = progress;
        this.troubles = troubles;
        this.start = start;
        this.clock = clock;
    }

    void addTo(RoutesConfig routes) {
        routes.get(Section.OVERVIEW.path(), context -> show(context, "overview"));
        routes.get("/console/overview", context -> show(context, "overviewModels"));
    }

    private void show(Context context, String template) {
        ModelRegistry registry = pages.view();
        SortedMap<String, ModelProgress> known = progress.models();
        SortedSet<String> names = new TreeSet<>(registry.models());
        names.addAll(known.keySet());
        List<Row> rows = names.stream()
                .map(model -> row(registry, model, known.get(model)))
                .toList();
        pages.render(
                context,
                template,
                new Overview(pages.frame(context, Section.OVERVIEW, "Overview", ""), allTroubles(known), rows, start));
    }

    private List<Trouble> allTroubles(Map<String, ModelProgress> known) {
        List<Trouble> all = new ArrayList<>(troubles.now());
        Instant now = clock.instant();
        known.forEach((model, training) -> {
            Duration silence = Duration.between(training.latest().time(), now);
            if (silence.compareTo(SILENT) > 0) {
                all.add(new Trouble(
                        "training of " + model,
                        "no trainer has told of it for " + Shown.age(silence) + "; is one running?"));
            }
        });
        return List.copyOf(all);
    }

    private static Row row(ModelRegistry registry, String model, @Nullable ModelProgress training) {
        VersionRecord champion = registry.resolve(model, Alias.CHAMPION).orElse(null);
        OptionalLong latest = registry.latest(model).stream()
                .mapToLong(VersionRecord::version)
                .findFirst();
        return new Row(
                model,
                training,
                champion == null ? null : champion.version(),
                latest.isPresent() ? latest.getAsLong() : null,
                champion == null || champion.newestExample() == null
                        ? null
                        : Duration.between(champion.newestExample(), champion.time()),
                Sparkline.of(training == null ? List.of() : training.curve().points()));
    }
}
