package dev.millrace.registry;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.WritableByteChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whatever a store does to its folder, one operation a method. A test puts another disk here, whose power it can cut
 * after each of them. Implementations are thread-safe.
 */
interface Disk {

    /** A file that is being written, by one thread. */
    interface NewFile extends WritableByteChannel {

        /** Makes the content durable, but not the name. */
        void force() throws IOException;
    }

    NewFile create(Path file) throws IOException;

    InputStream read(Path file) throws IOException;

    /** Renames in one step, over whatever has that name. */
    void rename(Path from, Path to) throws IOException;

    /** Deletes a file; does nothing when it is gone already. */
    void delete(Path file) throws IOException;

    void setTime(Path file, Instant time) throws IOException;

    List<Path> list(Path folder) throws IOException;

    void createFolder(Path folder) throws IOException;

    /** Makes the names in a folder durable: until then a power cut may undo what was created, renamed or deleted. */
    void force(Path folder) throws IOException;

    /** Creates a folder where it is missing, with those above it, and makes its name durable. */
    default void ensureFolder(Path folder) throws IOException {
        @Nullable Path parent = folder.getParent();
        if (!Files.isDirectory(folder)) {
            if (parent != null) {
                ensureFolder(parent);
            }
            try {
                createFolder(folder);
            } catch (FileAlreadyExistsException e) {
                if (!Files.isDirectory(folder)) {
                    throw e;
                }
            }
        }
        // Also where the folder was here already: who made it may not have come so far yet. Above the store there may
        // be
        // folders that cannot be read, but those are not ours to make.
        if (parent != null && Files.isReadable(parent)) {
            force(parent);
        }
    }
}
