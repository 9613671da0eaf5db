package dev.millrace.app;

import dev.millrace.registry.JobRecord;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.RegistryShapes;
import dev.millrace.registry.VersionRecord;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code millrace jobs list}: the jobs that were created. */
@Command(
        name = "list",
        description = "List the jobs that were created, and in what their recipes differ from the settings of now.",
        footer = {"", "Examples:", "  millrace jobs list", "  millrace jobs list --json"})
final class JobsListCommand implements Runnable {

    private final Surroundings around;

    @Mixin
    private final RegistryOptions options;

    @Mixin
    private final JsonOption json = new JsonOption();

    JobsListCommand(Surroundings around) {
        this.around = around;
        this.options = new RegistryOptions(around);
    }

    @Override
    public void run() {
        Settings settings = options.settings();
        ModelRegistry registry = options.read(settings);
        List<JobRecord> jobs = registry.jobs();
        if (json.given()) {
            json.print(around.out(), RegistryShapes.jobs(registry));
        } else if (jobs.isEmpty()) {
            around.out()
                    .println("No job was created; the setting models names " + String.join(", ", settings.models()));
        } else {
            TextTable table = new TextTable("MODEL", "BASE", "VERSION", "CREATED", "BY", "RECIPE");
            jobs.forEach(job -> table.row(
                    job.model(),
                    job.base(),
                    registry.latest(job.model())
                            .map(VersionRecord::version)
                            .map(String::valueOf)
                            .orElse("-"),
                    job.time(),
                    job.by(),
                    differences(job, settings)));
            table.printTo(around.out());
        }
        around.out().flush();
    }

    private static String differences(JobRecord job, Settings settings) {
        Map<String, String> usual = settings.recipe().asMap();
        Map<String, String> own = new TreeMap<>(job.settings());
        own.entrySet().removeIf(setting -> setting.getValue().equals(usual.get(setting.getKey())));
        return own.entrySet().stream()
                .map(setting -> setting.getKey() + "=" + setting.getValue())
                .collect(Collectors.joining(" "));
    }
}
