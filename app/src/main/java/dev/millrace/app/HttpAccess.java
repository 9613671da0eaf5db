package dev.millrace.app;

import dev.millrace.registry.WriteAccess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;

/** Who may change the registry over HTTP, as the settings have it. */
final class HttpAccess {

    private static final int LEAST_CHARACTERS = 16;
    private static final int MOST_BYTES = 4096;

    private HttpAccess() {}

    /**
     * Reads the token, where there is one.
     *
     * @param http address and file
     * @param directory that a relative path starts from
     * @return whoever has the token; without one, this machine where nobody else reaches the server, else nobody
     * @throws CommandException when the file cannot be used
     */
    static WriteAccess of(Settings.Http http, Path directory) {
        Path file = http.tokenFile();
        if (file == null) {
            return isLoopback(http.host()) ? WriteAccess.thisMachine() : WriteAccess.nobody();
        }
        try {
            return WriteAccess.token(read(directory.resolve(file)));
        } catch (IOException e) {
            throw new CommandException("http.token-file cannot be used: " + e, e);
        }
    }

    private static String read(Path file) throws IOException {
        if (Files.size(file) > MOST_BYTES) {
            throw new CommandException("http.token-file " + file + " must hold one line, but is larger than a token");
        }
        if (Files.getFileStore(file).supportsFileAttributeView("posix")) {
            Set<PosixFilePermission> others = EnumSet.copyOf(Files.getPosixFilePermissions(file));
            others.removeIf(right -> right.name().startsWith("OWNER_"));
            if (!others.isEmpty()) {
                throw new CommandException(
                        "http.token-file " + file + " must be its owner's alone; chmod 600 " + file + " makes it so");
            }
        }
        String token = Files.readString(file).strip();
        if (!token.matches("[\\x21-\\x7e]{" + LEAST_CHARACTERS + ",}")) {
            throw new CommandException("http.token-file " + file + " must hold one line of at least " + LEAST_CHARACTERS
                    + " characters without spaces");
        }
        return token;
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
