package dev.millrace.app.console;

import dev.millrace.registry.Access;
import dev.millrace.registry.Problem;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Takes a token, once, and gives the browser a session for it. */
final class SignInPage {

    private static final String PATH = "/sign-in";

    // A browser takes //host and /\host for another server.
    private static final Pattern OWN_PATH = Pattern.compile("/(?![/\\\\])[\\x21-\\x7e&&[^\\\\]]*");

    /**
     * The form.
     *
     * @param assets where the styles are
     * @param next the page that was wanted
     * @param complaint about the token that was sent, or null
     */
    record Form(Assets assets, String next, @Nullable String complaint) {}

    private final Pages pages;
    private final Assets assets;
    private final Access access;

    SignInPage(Pages pages, Assets assets, Access access) {
        this.pages = pages;
        this.assets = assets;
        this.access = access;
    }

    void addTo(RoutesConfig routes) {
        routes.get(PATH, context -> show(context, Asked.query(context, "next"), null));
        routes.post(PATH, this::enter);
        routes.post("/sign-out", this::leave);
    }

    private void show(Context context, String next, @Nullable String complaint) {
        if (!access.hasTokens()) {
            throw new Problem(404, "nobody signs in here, for there is no token; see http.token-file");
        }
        pages.renderForAll(context, "signIn", new Form(assets, own(next), complaint));
    }

    private void enter(Context context) {
        String next = own(Asked.form(context, "next"));
        try {
            access.signIn(context, Asked.form(context, "token"));
        } catch (Problem refused) {
            if (refused.status() != HttpStatus.UNAUTHORIZED.getCode()) {
                throw refused;
            }
            context.status(HttpStatus.UNAUTHORIZED);
            show(context, next, refused.getMessage());
            return;
        }
        context.redirect(next, HttpStatus.SEE_OTHER);
    }

    private void leave(Context context) {
        access.signOut(context);
        context.redirect("/", HttpStatus.SEE_OTHER);
    }

    private static String own(String path) {
        return OWN_PATH.matcher(path).matches() ? path : "/";
    }
}
