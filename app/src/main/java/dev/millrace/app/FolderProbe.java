package dev.millrace.app;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** Tries in a folder what the store does there. */
final class FolderProbe {

    private static final int BYTES = 1 << 16;

    private FolderProbe() {}

    /**
     * Writes a file, makes it durable, renames it and removes it again.
     *
     * @param folder where
     * @throws IOException when one of that cannot be done; nothing is left behind then either, as far as it can be removed
     */
    static void of(Path folder) throws IOException {
        Path file = folder.resolve("millrace-doctor-" + UUID.randomUUID());
        Path renamed = file.resolveSibling(file.getFileName() + ".renamed");
        try {
            try (FileChannel channel =
                    FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                ByteBuffer zeros = ByteBuffer.allocate(BYTES);
                while (zeros.hasRemaining()) {
                    channel.write(zeros);
                }
                channel.force(true);
            }
            Files.move(file, renamed, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(file);
            Files.deleteIfExists(renamed);
        }
    }
}
