package dev.millrace.app;

import dev.millrace.registry.Artifact;
import dev.millrace.registry.S3ArtifactStore;
import dev.millrace.registry.S3Location;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the folders and the artifact store, and removes what it writes there to find out.
 *
 * @param settings say where
 * @param directory that paths start from
 * @param clock for the store
 */
record StoreCheckup(Settings settings, Path directory, Clock clock) {

    // Measured with the bundled model: 43 MB of weights, 128 MB of training state, 90 MB of base for the first version.
    private static final long A_VERSION_BYTES = 270L << 20;
    private static final long SOME_VERSIONS_BYTES = 2L << 30;
    private static final String MAKE_ROOM =
            "give it more room, name another place, or run \"millrace registry sweep\" to remove what no version needs";

    List<Finding> findings() {
        List<Finding> found = new ArrayList<>();
        found.add(folder("data directory", directory.resolve(settings.dataDirectory()), "data-directory"));
        S3Location s3 = settings.registry().s3();
        found.add(
                s3 == null
                        ? folder("store", directory.resolve(settings.registry().store()), "registry.store")
                        : bucket(s3));
        return found;
    }

    private static Finding folder(String thing, Path folder, String setting) {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            return Finding.problem(thing, folder + " is not a folder", "name another with " + setting);
        }
        Path existing = folder.toAbsolutePath().normalize();
        while (existing.getParent() != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        boolean isThere = Files.exists(folder);
        String where = isThere ? folder.toString() : folder + " (to be made in " + existing + ")";
        try {
            FolderProbe.of(existing);
        } catch (IOException e) {
            return Finding.problem(
                    thing,
                    where + " cannot be written: " + e,
                    "make room, give this user the right to write there, or name another folder with " + setting);
        }
        long free = existing.toFile().getUsableSpace();
        String what = where + " can be written, made durable and renamed in; " + (free >> 20) + " MiB are free";
        if (free < A_VERSION_BYTES) {
            return Finding.problem(thing, what + ", too few for a version of the bundled model", MAKE_ROOM);
        }
        return free < SOME_VERSIONS_BYTES ? Finding.warning(thing, what, MAKE_ROOM) : Finding.ok(thing, what);
    }

    private Finding bucket(S3Location s3) {
        String where = s3.toString();
        Path copies = null;
        try {
            copies = Files.createTempDirectory("millrace-doctor");
            try (S3ArtifactStore store = S3ArtifactStore.open(s3, copies, clock)) {
                byte[] content = ("millrace doctor " + UUID.randomUUID()).getBytes(StandardCharsets.UTF_8);
                Artifact probe = store.put("probe", out -> out.write(content));
                store.fetch(probe);
                store.delete(probe);
            }
            return Finding.ok("store", where + " can be written, read and deleted from");
        } catch (IOException | RuntimeException e) {
            return Finding.problem(
                    "store",
                    where + " cannot be used: " + e.getMessage(),
                    "see registry.store, registry.s3-endpoint and registry.s3-region, and that the credentials in the"
                            + " environment may put, get and delete below the prefix");
        } finally {
            remove(copies);
        }
    }

    private static void remove(@Nullable Path folder) {
        if (folder == null) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new CommandException("the temporary folder " + folder + " could not be removed: " + e, e);
        }
    }
}
