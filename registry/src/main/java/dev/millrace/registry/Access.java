package dev.millrace.registry;

import io.javalin.http.Context;
import jakarta.servlet.http.HttpSession;
import java.net.URI;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Who may look, who may make changes, and which web pages may ask at all. Thread-safe.
 *
 * <p>Whoever asks shows a token as {@code Authorization: Bearer}, or the cookie of a session that was begun with one. What
 * may be done without either is said by {@link Open}; such a request must also call the server by a name that nobody
 * elsewhere can own, for a web page elsewhere can make its own name resolve to this address. A page of another origin may
 * never make changes, and a session only those that its own pages ask for.
 */
public final class Access {

    /** What may be done without a token. */
    public enum Open {
        /** Nothing. */
        NOTHING,
        /** Looking, on the machine of a server that listens on its loopback address only. */
        LOOKING_ON_THIS_MACHINE,
        /** Looking, for everybody who reaches the server: the network is trusted. */
        LOOKING_ON_THE_NETWORK,
        /** Everything, on the machine of a server that listens on its loopback address only. */
        EVERYTHING_ON_THIS_MACHINE;

        private Optional<HttpRole> role() {
            return switch (this) {
                case NOTHING -> Optional.empty();
                case LOOKING_ON_THIS_MACHINE, LOOKING_ON_THE_NETWORK -> Optional.of(HttpRole.VIEWER);
                case EVERYTHING_ON_THIS_MACHINE -> Optional.of(HttpRole.OPERATOR);
            };
        }

        private Pattern names() {
            return this == LOOKING_ON_THE_NETWORK ? PRIVATE : LOOPBACK;
        }
    }

    private static final String NOBODY_MAY =
            "nobody may change anything here over HTTP, for there is no token for it; name its file in http.token-file, or"
                    + " use the command line";
    private static final String BEARER = "bearer ";
    private static final String SESSION_ROLE = "dev.millrace.role";
    private static final Pattern LOOPBACK = Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[::1]");

    // Addresses, names without a dot, and those under which nobody can register one.
    private static final Pattern PRIVATE = Pattern.compile(
            "\\d{1,3}(\\.\\d{1,3}){3}|\\[[0-9a-f:.]+]|[a-z0-9_-]+|[a-z0-9._-]+\\.(local|localhost|internal|home\\.arpa)");

    private final AccessTokens tokens;
    private final Open open;

    private Access(AccessTokens tokens, Open open) {
        this.tokens = tokens;
        this.open = open;
    }

    /**
     * Whoever is on this machine may do everything. For servers that listen on a loopback address only.
     *
     * @return that rule
     */
    public static Access thisMachine() {
        return of(Map.of(), Open.EVERYTHING_ON_THIS_MACHINE);
    }

    /**
     * Whoever has a token may do what its role allows, and everybody what is open.
     *
     * @param tokens the secrets; a role that has none nobody has
     * @param open what needs no token
     * @return that rule
     */
    public static Access of(Map<HttpRole, String> tokens, Open open) {
        return new Access(new AccessTokens(tokens), open);
    }

    /** {@return whether there is any token} */
    public boolean hasTokens() {
        return !tokens.isEmpty();
    }

    /**
     * What whoever asks may do.
     *
     * @param context of the request
     * @return the role; empty where nothing may be done, with a wrong token too
     */
    public Optional<HttpRole> role(Context context) {
        String header = context.header("Authorization");
        if (header != null && hasTokens()) {
            return token(header).flatMap(tokens::role);
        }
        Optional<HttpRole> signedIn = signedIn(context);
        return signedIn.isPresent() || !isCalledRight(context) ? signedIn : open.role();
    }

    /**
     * What whoever has signed in may do.
     *
     * @param context of the request
     * @return the role; empty where nobody has signed in
     */
    public Optional<HttpRole> signedIn(Context context) {
        return Optional.ofNullable(context.<HttpRole>sessionAttribute(SESSION_ROLE));
    }

    /**
     * Begins a session, in which the browser need not show the token again.
     *
     * @param context of the request, which sends the token
     * @param token that was sent
     * @return the role that it has
     * @throws Problem with status 401 when it is none, or 403 when the page is another server's
     */
    public HttpRole signIn(Context context, String token) {
        requireOwnPage(context);
        HttpRole role = tokens.role(token.strip()).orElseThrow(() -> new Problem(401, "this is not a token"));
        signOut(context);
        context.sessionAttribute(SESSION_ROLE, role);
        return role;
    }

    /**
     * Ends a session, where there is one.
     *
     * @param context of the request
     */
    public void signOut(Context context) {
        HttpSession session = context.req().getSession(false);
        if (session != null) {
            session.invalidate();
        }
    }

    /**
     * Why whoever asks may not make changes.
     *
     * @param context of the request
     * @return the reason, without a full stop; empty where they may
     */
    public Optional<String> refusal(Context context) {
        if (role(context).filter(role -> role.may(HttpRole.OPERATOR)).isPresent()) {
            return Optional.empty();
        }
        if (!tokens.has(HttpRole.OPERATOR)) {
            return Optional.of(NOBODY_MAY);
        }
        return Optional.of(
                signedIn(context).isPresent()
                        ? "you are signed in as a viewer, who may look and change nothing"
                        : "changes need the operator's token; sign in with it");
    }

    /**
     * Refuses whoever may not look.
     *
     * @param context of the request
     * @throws Problem with status 401 or 403
     */
    public void requireRead(Context context) {
        require(HttpRole.VIEWER, context);
    }

    /**
     * Refuses a change that may not be made.
     *
     * @param context of the request
     * @throws Problem with status 401 or 403
     */
    public void requireWrite(Context context) {
        requireOwnPage(context);
        require(HttpRole.OPERATOR, context);
    }

    /**
     * Refuses what a page of another origin asks for, and what a session asks for without saying of which page: browsers
     * send a cookie with what another port of the same machine makes them ask.
     *
     * @param context of a request that is more than a look
     * @throws Problem with status 403
     */
    public void requireOwnPage(Context context) {
        String origin = context.header("Origin");
        String site = context.header("Sec-Fetch-Site");
        if (origin != null && !sameOrigin(origin, context.header("Host"))) {
            throw new Problem(403, "a page of " + origin + " may not change anything here");
        }
        if (site != null && !site.equals("same-origin") && !site.equals("none")) {
            throw new Problem(403, "a page of another origin may not change anything here");
        }
        boolean isBySession = signedIn(context).isPresent() && context.header("Authorization") == null;
        if (isBySession && origin == null && !"same-origin".equals(site)) {
            throw new Problem(403, "a session may be used by the console's own pages only; others send a token");
        }
    }

    private void require(HttpRole needed, Context context) {
        Optional<HttpRole> role = role(context);
        if (role.filter(its -> its.may(needed)).isPresent()) {
            return;
        }
        String header = context.header("Authorization");
        boolean showsToken = header != null && hasTokens();
        if (showsToken && role.isEmpty() && token(header).isPresent()) {
            throw new Problem(401, "this is not the token");
        }
        if (!showsToken && role.isEmpty() && open != Open.NOTHING) {
            throw new Problem(
                    403,
                    "without a token this server answers only to "
                            + (open == Open.LOOKING_ON_THE_NETWORK
                                    ? "an address, a name without a dot, or one that ends in .local or .internal"
                                    : "localhost")
                            + ", but was called '" + context.header("Host") + "'");
        }
        if (needed == HttpRole.OPERATOR && !tokens.has(HttpRole.OPERATOR)) {
            throw new Problem(403, NOBODY_MAY);
        }
        if (role.isPresent() && (showsToken || signedIn(context).isPresent())) {
            throw new Problem(403, "a viewer may look and change nothing; changes need the token of http.token-file");
        }
        throw new Problem(
                401,
                "send the token of http.token-file"
                        + (needed == HttpRole.VIEWER ? " or http.viewer-token-file" : "")
                        + " as Authorization: Bearer TOKEN");
    }

    private boolean isCalledRight(Context context) {
        return open.names().matcher(withoutPort(context.header("Host"))).matches();
    }

    private static Optional<String> token(String header) {
        return header.toLowerCase(Locale.ROOT).startsWith(BEARER)
                ? Optional.of(header.substring(BEARER.length()).strip())
                : Optional.empty();
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

    static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
