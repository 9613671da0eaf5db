package dev.millrace.registry;

import io.javalin.http.Context;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Who may change the registry over HTTP, and which web pages may talk to it at all. Immutable.
 *
 * <p>With a token, whoever sends it. Without one, whoever is on this machine, where the server listens on its loopback
 * address only; then the request must also name this machine as its {@code Host}, for a web page elsewhere can make its
 * own name resolve to it. A page of another origin may never change anything.
 */
public final class WriteAccess {

    private enum Mode {
        TOKEN,
        THIS_MACHINE,
        NOBODY
    }

    private static final String NOBODY_MAY =
            "nobody may change the registry here, for the server listens on the network without a token;"
                    + " name its file in http.token-file, or use the command line";
    private static final String BEARER = "bearer ";
    private static final Pattern LOOPBACK = Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[::1]");

    private final Mode mode;

    /** The digest, so that neither the memory nor the time that a comparison takes tells of the token. */
    private final String tokenSha256;

    private WriteAccess(Mode mode, String tokenSha256) {
        this.mode = mode;
        this.tokenSha256 = tokenSha256;
    }

    /**
     * Whoever sends a token may write.
     *
     * @param token the secret
     * @return that rule
     */
    public static WriteAccess token(String token) {
        return new WriteAccess(Mode.TOKEN, sha256(token));
    }

    /**
     * Whoever is on this machine may write. For servers that listen on a loopback address only.
     *
     * @return that rule
     */
    public static WriteAccess thisMachine() {
        return new WriteAccess(Mode.THIS_MACHINE, "");
    }

    /**
     * Nobody may write.
     *
     * @return that rule
     */
    public static WriteAccess nobody() {
        return new WriteAccess(Mode.NOBODY, "");
    }

    /** {@return whether whoever wants to change something has to send a token} */
    public boolean asksForToken() {
        return mode == Mode.TOKEN;
    }

    /** {@return why nobody may change anything, whatever is sent; empty where somebody may} */
    public Optional<String> refusal() {
        return mode == Mode.NOBODY ? Optional.of(NOBODY_MAY) : Optional.empty();
    }

    /**
     * Refuses a request that came by a name which is not this machine's.
     *
     * @param context of the request
     * @throws Problem with status 403
     */
    public void requireHost(Context context) {
        if (mode == Mode.THIS_MACHINE
                && !LOOPBACK.matcher(withoutPort(context.header("Host"))).matches()) {
            throw new Problem(
                    403, "this server answers to localhost only, but was called '" + context.header("Host") + "'");
        }
    }

    /**
     * Refuses a change that may not be made.
     *
     * @param context of the request
     * @throws Problem with status 401 or 403
     */
    public void requireWrite(Context context) {
        String origin = context.header("Origin");
        if (origin != null && !sameOrigin(origin, context.header("Host"))) {
            throw new Problem(403, "a page of " + origin + " may not change this registry");
        }
        switch (mode) {
            case TOKEN -> {
                String given = context.header("Authorization");
                if (given == null || !given.toLowerCase(Locale.ROOT).startsWith(BEARER)) {
                    throw new Problem(401, "send the token of http.token-file as Authorization: Bearer TOKEN");
                }
                if (!equal(sha256(given.substring(BEARER.length()).strip()), tokenSha256)) {
                    throw new Problem(401, "this is not the token");
                }
            }
            case THIS_MACHINE -> {}
            case NOBODY -> throw new Problem(403, NOBODY_MAY);
        }
    }

    private static boolean sameOrigin(String origin, @Nullable String host) {
        try {
            String authority = URI.create(origin).getRawAuthority();
            return authority != null && authority.equalsIgnoreCase(host);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static String withoutPort(@Nullable String host) {
        return host == null ? "" : host.toLowerCase(Locale.ROOT).replaceFirst(":\\d{1,5}$", "");
    }

    private static boolean equal(String one, String other) {
        return MessageDigest.isEqual(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }

    static String sha256(String text) {
        return sha256(text.getBytes(StandardCharsets.UTF_8));
    }

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
