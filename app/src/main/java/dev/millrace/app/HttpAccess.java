package dev.millrace.app;

import dev.millrace.registry.Access;
import dev.millrace.registry.Access.Open;
import dev.millrace.registry.HttpRole;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Who may do what over HTTP, as the settings have it. */
final class HttpAccess {

    private static final int LEAST_CHARACTERS = 16;
    private static final int MOST_BYTES = 4096;

    private HttpAccess() {}

    /**
     * Reads the tokens, where there are any.
     *
     * @param http address and files
     * @param directory that a relative path starts from
     * @return who may do what
     * @throws CommandException when a file cannot be used, or when others than this machine reach the server and nothing
     *     says who may
     */
    static Access of(HttpSettings http, Path directory) {
        Map<HttpRole, String> tokens = new EnumMap<>(HttpRole.class);
        add(tokens, HttpRole.OPERATOR, "http.token-file", http.tokenFile(), directory);
        add(tokens, HttpRole.VIEWER, "http.viewer-token-file", http.viewerTokenFile(), directory);
        if (tokens.size() > Set.copyOf(tokens.values()).size()) {
            throw new CommandException("http.token-file and http.viewer-token-file hold the same token, so every viewer"
                    + " could make changes; give the viewer another");
        }
        if (http.isLoopback()) {
            return Access.of(tokens, onThisMachine(tokens));
        }
        if (tokens.isEmpty() && !http.isTrustedNetwork()) {
            throw new CommandException(
                    "http.host is " + http.host() + ", so others than this machine reach the console,"
                            + " the texts in it and the registry's API, and nothing says who may. Name the file of a token in"
                            + " http.token-file (umask 077; head -c 24 /dev/urandom | base64 > token), or of one that only"
                            + " looks in http.viewer-token-file; or listen on this machine alone, http.host=127.0.0.1; or, where"
                            + " everybody who reaches that address may look at everything, set http.trusted-network=true");
        }
        return Access.of(tokens, http.isTrustedNetwork() ? Open.LOOKING_ON_THE_NETWORK : Open.NOTHING);
    }

    private static Open onThisMachine(Map<HttpRole, String> tokens) {
        if (tokens.containsKey(HttpRole.VIEWER)) {
            return Open.NOTHING;
        }
        return tokens.isEmpty() ? Open.EVERYTHING_ON_THIS_MACHINE : Open.LOOKING_ON_THIS_MACHINE;
    }

    private static void add(
            Map<HttpRole, String> tokens, HttpRole role, String setting, @Nullable Path file, Path directory) {
        if (file == null) {
            return;
        }
        try {
            tokens.put(role, read(setting, directory.resolve(file)));
        } catch (IOException e) {
            throw new CommandException(setting + " cannot be used: " + e, e);
        }
    }

    private static String read(String setting, Path file) throws IOException {
        String named = setting + " " + file;
        if (Files.size(file) > MOST_BYTES) {
            throw new CommandException(named + " must hold one line, but is larger than a token");
        }
        if (Files.getFileStore(file).supportsFileAttributeView("posix")) {
            Set<PosixFilePermission> others = EnumSet.copyOf(Files.getPosixFilePermissions(file));
            others.removeIf(right -> right.name().startsWith("OWNER_"));
            if (!others.isEmpty()) {
                throw new CommandException(named + " must be its owner's alone; chmod 600 " + file + " makes it so");
            }
        }
        String token = Files.readString(file).strip();
        if (!token.matches("[\\x21-\\x7e]{" + LEAST_CHARACTERS + ",}")) {
            throw new CommandException(
                    named + " must hold one line of at least " + LEAST_CHARACTERS + " characters without spaces");
        }
        return token;
    }
}
