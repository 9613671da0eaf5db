package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A real file system of a few megabytes, which can be full. Only processes started on it see it, for it is mounted in
 * namespaces of its own, so a user's rights suffice; a test is skipped where a system refuses that.
 */
final class SmallDisk implements AutoCloseable {

    private static final String REFUSED = "this system lets nobody mount a disk in a namespace of his own: ";

    private final Process holder;
    private final Path folder;
    private final Path filling;

    private SmallDisk(Process holder, Path folder) {
        this.holder = holder;
        this.folder = folder;
        this.filling = seenFromOutside().resolve("filling");
    }

    /** Mounts one of some megabytes at a folder, until it is closed. */
    static SmallDisk mount(Path folder, int megabytes) throws Exception {
        Files.createDirectories(folder);
        // The namespaces live as long as a process in them; this one ends with its input, so at the latest with the
        // test.
        String hold = "mount -t tmpfs -o size=\"$1\"m tmpfs \"$0\" && echo mounted && exec cat";
        Process holder;
        try {
            holder = new ProcessBuilder(
                            "unshare",
                            "--user",
                            "--map-root-user",
                            "--mount",
                            "sh",
                            "-c",
                            hold,
                            folder.toString(),
                            Integer.toString(megabytes))
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            return abort(REFUSED + e.getMessage());
        }
        SmallDisk disk = new SmallDisk(holder, folder);
        BufferedReader said = holder.inputReader(StandardCharsets.UTF_8);
        String answer = said.readLine();
        if (!"mounted".equals(answer) || !disk.lets("test", "-d", folder.toString())) {
            disk.close();
            return abort(REFUSED + answer);
        }
        return disk;
    }

    private boolean lets(String... command) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(starter());
        all.addAll(List.of(command));
        return new ProcessBuilder(all).inheritIO().start().waitFor() == 0;
    }

    /** The command that starts another one where the disk is seen. */
    List<String> starter() {
        return List.of(
                "nsenter", "--preserve-credentials", "--user", "--mount", "--target", Long.toString(holder.pid()));
    }

    Path folder() {
        return folder;
    }

    /** The same folder, for a process that is not in its namespace. */
    Path seenFromOutside() {
        return Path.of("/proc/" + holder.pid() + "/root" + folder);
    }

    /** Takes all the room there is. */
    void fill() throws IOException {
        byte[] page = new byte[4096];
        try (OutputStream out = Files.newOutputStream(filling)) {
            assertThat(fills(out, page)).isTrue();
        }
    }

    private static boolean fills(OutputStream out, byte[] page) {
        for (int i = 0; i < 1 << 16; i++) {
            try {
                out.write(page);
            } catch (IOException e) {
                return String.valueOf(e.getMessage()).contains("No space left on device");
            }
        }
        return false;
    }

    /** Gives the room back. */
    void makeRoom() throws IOException {
        Files.delete(filling);
    }

    @Override
    public void close() throws IOException {
        holder.getOutputStream().close();
        holder.destroy();
        holder.onExit().join();
    }
}
