package dev.millrace.app;

import dev.millrace.registry.Access;
import dev.millrace.registry.Problem;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;

/**
 * Looks at every request before anything is done for it: whether its address asks too often, and whether whoever asks may
 * look or make changes. What is not listed here as a question is a change, so a new route is closed until it is thought
 * of. Puts the headers on every answer that keep a browser from doing anything with it; a page that needs more sets its
 * own. Thread-safe.
 */
final class HttpGate {

    /** What supervisors ask, who have no token and are never turned away. */
    private static final Set<String> HEALTH = Set.of("/startupz", "/livez", "/healthz", "/readyz");

    /** What a browser needs to show the page on which a token is entered. */
    private static final Pattern ENTRANCE = Pattern.compile("/sign-in|/sign-out|/favicon\\.ico|/assets/[^/]+");

    /** What is posted and yet changes nothing. */
    private static final Pattern QUESTION =
            Pattern.compile("/v1/score|/console/try|/console/dead-letters/[^/]+/[^/]+/check");

    private static final Set<HandlerType> LOOKING = Set.of(HandlerType.GET, HandlerType.HEAD);
    private static final String SIGN_IN = "/sign-in";

    private final Access access;
    private final boolean hasOpenMetrics;
    private final boolean hasPages;
    private final AddressLimit requests;
    private final AddressLimit wrongTokens;

    /**
     * Makes a gate.
     *
     * @param http limits
     * @param access who may do what
     * @param hasPages whether there are pages for people, who are asked to sign in
     * @param nanoTicker elapsed time, in nanoseconds from any origin
     */
    HttpGate(HttpSettings http, Access access, boolean hasPages, LongSupplier nanoTicker) {
        this.access = access;
        this.hasOpenMetrics = http.hasOpenMetrics();
        this.hasPages = hasPages;
        HttpSettings.Limits limits = http.limits();
        requests = new AddressLimit(limits.requestsPerSecond(), Duration.ofSeconds(1), nanoTicker);
        wrongTokens = new AddressLimit(limits.wrongTokensPerMinute(), Duration.ofMinutes(1), nanoTicker);
    }

    void addTo(RoutesConfig routes) {
        routes.before(this::admit);
        routes.after(this::count);
    }

    private void admit(Context context) {
        secure(context);
        String path = context.path();
        if (HEALTH.contains(path)) {
            return;
        }
        String address = context.req().getRemoteAddr();
        admit(context, requests.take(address), "more requests than http.requests-per-second admits");
        if (showsToken(context)) {
            admit(context, wrongTokens.look(address), "more wrong tokens than http.wrong-tokens-per-minute admits");
        }
        boolean isLook = LOOKING.contains(context.method());
        if (!isLook) {
            access.requireOwnPage(context);
        }
        if (ENTRANCE.matcher(path).matches() || (hasOpenMetrics && path.equals("/metrics"))) {
            return;
        }
        if (isLook
                && isForPeople(context)
                && access.hasTokens()
                && access.role(context).isEmpty()) {
            context.redirect(SIGN_IN + "?next=" + URLEncoder.encode(wanted(context), StandardCharsets.UTF_8));
            context.skipRemainingHandlers();
        } else if (isLook || QUESTION.matcher(path).matches()) {
            access.requireRead(context);
        } else {
            access.requireWrite(context);
        }
    }

    private static void admit(Context context, Duration wait, String what) {
        if (!wait.isZero()) {
            long seconds = wait.plusMillis(999).toSeconds();
            context.header("Retry-After", Long.toString(seconds));
            throw new Problem(429, what + " came from this address; try again in " + seconds + " s");
        }
    }

    private void count(Context context) {
        if (context.statusCode() == 401 && showsToken(context)) {
            wrongTokens.take(context.req().getRemoteAddr());
        }
    }

    private static boolean showsToken(Context context) {
        return context.header("Authorization") != null
                || (context.path().equals(SIGN_IN) && context.method().equals(HandlerType.POST));
    }

    private boolean isForPeople(Context context) {
        String accept = context.header("Accept");
        return hasPages
                && accept != null
                && accept.contains("text/html")
                && context.header("HX-Request") == null
                && context.header("Authorization") == null;
    }

    private static String wanted(Context context) {
        String query = context.queryString();
        return context.path() + (query == null ? "" : "?" + query);
    }

    private static void secure(Context context) {
        // Labels and texts come from anybody: no browser shall take an answer for a page.
        context.header("X-Content-Type-Options", "nosniff");
        context.header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
        context.header("X-Frame-Options", "DENY");
        context.header("Referrer-Policy", "same-origin");
        context.header("Cross-Origin-Resource-Policy", "same-origin");
        context.header("Cross-Origin-Opener-Policy", "same-origin");
        context.header("Cache-Control", "no-store");
    }
}
