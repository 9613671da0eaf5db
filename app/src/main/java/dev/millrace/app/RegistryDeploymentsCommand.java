package dev.millrace.app;

import dev.millrace.registry.Deployment;
import dev.millrace.registry.Deployments;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.RegistryShapes;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code millrace registry deployments}: who serves what, a line for each alias of each subscriber. */
@Command(
        name = "deployments",
        description = {
            "List who serves which version, as the subscribers said last: for how long another one has been wanted,"
                    + " and how long ago they were heard of.",
        },
        footer = {"", "Examples:", "  millrace registry deployments", "  millrace registry deployments support"})
final class RegistryDeploymentsCommand implements Runnable {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Surroundings around;

    @Mixin
    private final RegistryOptions options;

    @Mixin
    private final JsonOption json = new JsonOption();

    @Parameters(arity = "0..1", paramLabel = "MODEL", description = "Only this model.")
    private @Nullable String model;

    RegistryDeploymentsCommand(Surroundings around) {
        this.around = around;
        this.options = new RegistryOptions(around);
    }

    @Override
    public void run() {
        Settings settings = options.settings();
        ModelRegistry registry = options.read(settings);
        Deployments deployments = read(settings);
        List<Deployment> shown = model == null ? deployments.all() : deployments.of(model);
        if (json.given()) {
            json.print(around.out(), RegistryShapes.deployments(registry, shown));
        } else if (shown.isEmpty()) {
            around.out().println(model == null ? "Nobody serves anything." : "Nobody serves " + model + ".");
        } else {
            print(shown, registry);
        }
        around.out().flush();
    }

    private static Deployments read(Settings settings) {
        try {
            return Deployments.read(
                    settings.kafka().clientProperties(), settings.topics().deployments(), PATIENCE);
        } catch (KafkaException e) {
            throw new CommandException(String.valueOf(e.getMessage()), e);
        }
    }

    private void print(List<Deployment> shown, ModelRegistry registry) {
        Instant now = around.clock().instant();
        TextTable table = new TextTable(
                "MODEL", "ALIAS", "INSTANCE", "STATE", "SHARE", "SERVES", "WANTED", "STALE", "HEARD", "REASON");
        for (Deployment one : shown) {
            table.row(
                    one.model(),
                    one.alias(),
                    one.instance(),
                    one.state().name().toLowerCase(Locale.ROOT),
                    String.format(Locale.ROOT, "%.0f%%", 100 * one.share()),
                    one.version() == null
                            ? "-"
                            : named(one.version(), one.successor() == null ? one.model() : one.successor(), one),
                    registry.followed(one.model(), one.alias())
                            .map(wanted -> named(wanted.version(), wanted.model(), one))
                            .orElse("-"),
                    one.staleness(registry, now)
                            .map(stale -> stale.isZero() ? "no" : text(stale))
                            .orElse("-"),
                    text(Duration.between(one.time(), now)) + " ago",
                    one.reason() == null ? "" : one.reason());
        }
        table.printTo(around.out());
    }

    /** A version, with its model's name where that is not the one that is followed. */
    private static String named(long version, String of, Deployment one) {
        return of.equals(one.model()) ? Long.toString(version) : of + "/" + version;
    }

    private static String text(Duration duration) {
        Duration whole = duration.isNegative() ? Duration.ZERO : duration.truncatedTo(ChronoUnit.SECONDS);
        return whole.toString().substring(2).toLowerCase(Locale.ROOT);
    }
}
