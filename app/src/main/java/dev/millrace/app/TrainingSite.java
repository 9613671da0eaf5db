package dev.millrace.app;

import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.RegistryReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/**
 * Where the trainers of one group work: a registry and a store that they share, and a folder for each. Immutable.
 *
 * @param effective their settings
 * @param folder of the site
 * @param named whether a process has the same instance id in all of its lives
 * @param step how long a step takes at least; 0 where it takes what it takes
 * @param nanoTicker elapsed time
 */
record TrainingSite(EffectiveSettings effective, Path folder, boolean named, Duration step, LongSupplier nanoTicker) {

    private static final String ORIGIN = "bench trainers";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /**
     * Starts a trainer.
     *
     * @param slot which of the processes it is, from 0 on
     * @param listener hears every announcement
     */
    TrainingChild begin(int slot, TrainingChild.Listener listener) {
        String name = "trainer-" + slot;
        try {
            Path own = Files.createDirectories(folder.resolve(name));
            List<EffectiveSettings.Entry> entries = new ArrayList<>(effective.entries());
            entries.add(new EffectiveSettings.Entry("data-directory", own.toString(), ORIGIN));
            entries.add(new EffectiveSettings.Entry("instance-id", named ? name : "", ORIGIN));
            List<String> options = List.of("--roles", "trainer", "--step", DurationText.format(step));
            return new TrainingChild(new ChildProcess(entries, own, null, options).builder(), listener, nanoTicker);
        } catch (IOException e) {
            throw new CommandException("cannot use the folder " + folder + ": " + e.getMessage(), e);
        }
    }

    Settings settings() {
        return effective.settings();
    }

    /** {@return what is committed in the registry now} */
    ModelRegistry registry() {
        return RegistryReader.readAll(
                settings().kafka().clientProperties(), settings().topics().modelRegistry(), PATIENCE);
    }

    /** {@return what the transactional ids of its trainers begin with} */
    String transactions() {
        return settings().trainer().groupId() + "-";
    }

    /** {@return the versions of which a file does not verify, by model and number, each with the reason} */
    Map<String, String> unverified(ModelRegistry registry) {
        Map<String, String> all = new TreeMap<>();
        for (String model : settings().models()) {
            new VersionAudit(settings(), model)
                    .unverified(registry)
                    .forEach((version, why) -> all.put(model + "/" + version, why));
        }
        return all;
    }
}
