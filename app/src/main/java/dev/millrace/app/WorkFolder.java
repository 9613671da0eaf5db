package dev.millrace.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A folder for one run: a temporary one that is deleted at its end, or one that the user named and keeps. */
final class WorkFolder implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(WorkFolder.class);

    private final Path path;
    private boolean kept;

    private WorkFolder(Path path, boolean kept) {
        this.path = path;
        this.kept = kept;
    }

    /**
     * Makes it.
     *
     * @param named by the user, or null for a temporary one
     * @return an empty folder
     * @throws CommandException when the user's folder has something in it already, or cannot be made
     */
    static WorkFolder make(@Nullable Path named) {
        try {
            if (named == null) {
                return new WorkFolder(Files.createTempDirectory("millrace-"), false);
            }
            Files.createDirectories(named);
            try (Stream<Path> inside = Files.list(named)) {
                if (inside.findAny().isPresent()) {
                    throw new CommandException(named + " is not empty; name a new folder, so that the run starts anew");
                }
            }
            return new WorkFolder(named, true);
        } catch (IOException | UncheckedIOException e) {
            throw new CommandException("cannot make the folder " + named + ": " + e.getMessage(), e);
        }
    }

    Path path() {
        return path;
    }

    /**
     * Does the work of the run. When it fails for a reason nobody foresaw, the folder stays, for the log is in it.
     *
     * @param work of the run
     */
    void run(Runnable work) {
        try {
            work.run();
        } catch (CommandException e) {
            throw e;
        } catch (RuntimeException e) {
            kept = true;
            throw e;
        }
    }

    /** Deletes a temporary folder. What cannot be deleted is left to the system, and told. */
    @Override
    public void close() {
        if (kept) {
            return;
        }
        try (Stream<Path> inside = Files.walk(path)) {
            List<Path> deepestFirst = inside.sorted(Comparator.reverseOrder()).toList();
            for (Path each : deepestFirst) {
                Files.delete(each);
            }
        } catch (IOException | UncheckedIOException e) {
            LOG.warn("The temporary folder {} could not be deleted: {}", path, e.getMessage());
        }
    }
}
