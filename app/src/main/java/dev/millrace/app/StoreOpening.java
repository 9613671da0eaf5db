package dev.millrace.app;

import dev.millrace.registry.DeltaStore;
import dev.millrace.registry.FolderArtifactStore;
import dev.millrace.registry.S3ArtifactStore;
import dev.millrace.registry.SweptStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;

/** Opens the artifact store that the settings name. */
final class StoreOpening {

    private StoreOpening() {}

    /**
     * Opens the store, where its folder may be made.
     *
     * @param settings say where
     * @param directory that paths start from
     * @throws IOException when it cannot be opened
     */
    static DeltaStore open(Settings settings, Path directory, Clock clock) throws IOException {
        Settings.Registry registry = settings.registry();
        Path copies = directory.resolve(registry.copies());
        SweptStore store = registry.s3() == null
                ? FolderArtifactStore.open(directory.resolve(registry.store()), clock)
                : S3ArtifactStore.open(registry.s3(), copies.resolve("s3"), clock);
        return DeltaStore.over(store, copies.resolve("restored"), registry.deltas(), clock);
    }

    /**
     * Opens a store that must be there.
     *
     * @param settings say where
     * @param directory that paths start from
     * @throws CommandException when it is not there or cannot be opened
     */
    static SweptStore existing(Settings settings, Path directory, Clock clock) {
        Path folder = directory.resolve(settings.registry().store());
        if (settings.registry().s3() == null && !Files.isDirectory(folder)) {
            throw new CommandException(
                    "there is no artifact store at " + folder + "; name its folder with --set registry.store=DIR");
        }
        try {
            return open(settings, directory, clock);
        } catch (IOException e) {
            throw new CommandException("cannot use the artifact store: " + e.getMessage(), e);
        }
    }
}
