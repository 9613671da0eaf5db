package dev.millrace.broker;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** The folder of a broker, as far as we look into it ourselves. */
final class DataDirectory {

    static final String META_PROPERTIES = "meta.properties";

    private static final String LOCK = ".lock";

    private DataDirectory() {}

    /** Takes Kafka's own lock on the folder for a moment, and fails when another broker has it. */
    static void requireUnused(Path data) {
        try (FileChannel channel =
                        FileChannel.open(data.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                @Nullable FileLock lock = channel.tryLock()) {
            if (lock == null) {
                throw inUse(data, null);
            }
        } catch (OverlappingFileLockException e) {
            throw inUse(data, e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot lock the broker's folder " + data + ": " + e.getMessage(), e);
        }
    }

    private static IllegalStateException inUse(Path data, @Nullable Throwable cause) {
        return new IllegalStateException(
                "the folder " + data + " is open in another broker; stop that one or choose another folder", cause);
    }
}
