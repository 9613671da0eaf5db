package dev.millrace.app;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of every command that works with a cluster which runs already. */
final class ClusterOptions {

    @Mixin
    private final SettingsOptions options;

    @Option(names = "--bootstrap-servers", paramLabel = "HOST:PORT", description = "The cluster; over all settings.")
    private @Nullable String bootstrapServers;

    ClusterOptions(Surroundings around) {
        this.options = new SettingsOptions(around);
    }

    EffectiveSettings load() {
        return load(Map.of(), "");
    }

    /** The settings, and over all of them what the caller says, for the reason that it gives. */
    EffectiveSettings load(Map<String, String> over, String origin) {
        SettingsLoader loader = options.gather(new SettingsLoader());
        if (bootstrapServers != null) {
            loader.put("kafka.bootstrap-servers", bootstrapServers, "option --bootstrap-servers");
        }
        over.forEach((key, value) -> loader.put(key, value, origin));
        return loader.load();
    }
}
