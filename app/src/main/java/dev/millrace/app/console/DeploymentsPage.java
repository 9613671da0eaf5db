package dev.millrace.app.console;

import dev.millrace.app.console.Frame.Section;
import dev.millrace.registry.Deployment;
import dev.millrace.registry.LiveRegistry;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.TrialCounts;
import dev.millrace.registry.VersionRecord;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Who serves what, and whether that is what the alias names. */
final class DeploymentsPage {

    /**
     * What the page shows.
     *
     * @param frame around it
     * @param rows one a subscriber and alias
     * @param trials what came of canaries and shadows in this process, by model
     */
    record Listed(Frame frame, List<Row> rows, List<TrialShown> trials) {}

    /**
     * One subscriber.
     *
     * @param deployment what it said last
     * @param wanted the version that the alias leads to, or null
     * @param stale for how long another version than the one that answers has been wanted, or null
     * @param heard how long ago it said so
     */
    record Row(
            Deployment deployment,
            @Nullable Long wanted,
            @Nullable Duration stale,
            Duration heard) {

        /** {@return what it does with the requests, in words} */
        String part() {
            if (deployment.share() == 1) {
                return "all requests";
            }
            return deployment.share() == 0
                    ? "shadow: answers beside"
                    : Shown.share(deployment.share()) + " of the requests";
        }

        boolean isStale() {
            return stale != null && !stale.isZero() && deployment.state() != Deployment.State.STOPPED;
        }
    }

    /**
     * What came of a canary or a shadow.
     *
     * @param model its name
     * @param counts in requests
     */
    record TrialShown(String model, TrialCounts counts) {}

    private final Pages pages;
    private final LiveRegistry registry;
    private final Supplier<Map<String, TrialCounts>> trials;
    private final Clock clock;

    DeploymentsPage(Pages pages, LiveRegistry registry, Supplier<Map<String, TrialCounts>> trials, Clock clock) {
        this.pages = pages;
        this.registry = registry;
        this.trials = trials;
        this.clock = clock;
    }

    void addTo(RoutesConfig routes) {
        routes.get(Section.DEPLOYMENTS.path(), context -> show(context, "deployments"));
        routes.get("/console/deployments", context -> show(context, "deploymentsList"));
    }

    private void show(Context context, String template) {
        ModelRegistry view = pages.view();
        Instant now = clock.instant();
        List<Row> rows = registry.deployments().all().stream()
                .map(one -> row(view, one, now))
                .toList();
        List<TrialShown> tried = new TreeMap<>(trials.get())
                .entrySet().stream()
                        .map(entry -> new TrialShown(entry.getKey(), entry.getValue()))
                        .toList();
        pages.render(
                context,
                template,
                new Listed(pages.frame(context, Section.DEPLOYMENTS, "Deployments", ""), rows, tried));
    }

    private static Row row(ModelRegistry view, Deployment deployment, Instant now) {
        var wanted = view.followed(deployment.model(), deployment.alias());
        Duration heard = Duration.between(deployment.time(), now);
        return new Row(
                deployment,
                wanted.map(VersionRecord::version).orElse(null),
                deployment.staleness(view, now).orElse(null),
                heard.isNegative() ? Duration.ZERO : heard);
    }
}
