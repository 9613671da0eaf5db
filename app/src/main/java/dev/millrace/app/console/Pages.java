package dev.millrace.app.console;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.app.console.Frame.Section;
import dev.millrace.registry.Access;
import dev.millrace.registry.HttpRole;
import dev.millrace.registry.LiveRegistry;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.Problem;
import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.output.Utf8ByteOutput;
import io.javalin.http.Context;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Renders the templates of {@code src/main/jte}, with the headers that keep a browser from doing anything else than
 * showing them. Thread-safe.
 */
final class Pages {

    /** Nothing from elsewhere, nothing inline: a label or a text that got past the escaping could still do nothing. */
    static final String CONTENT_SECURITY_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; "
            + "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

    private final TemplateEngine templates =
            TemplateEngine.createPrecompiled(null, ContentType.Html, null, Pages.class.getPackageName());
    private final Assets assets;
    private final LiveRegistry registry;
    private final Access access;

    Pages(Assets assets, LiveRegistry registry, Access access) {
        this.assets = assets;
        this.registry = registry;
        this.access = access;
        templates.setTrimControlStructures(true);
    }

    /**
     * What stands around a page.
     *
     * @param context of the request
     * @param section it belongs to
     * @param title of it
     * @param model it is about, or an empty string
     * @return the frame, with the models of this moment
     */
    Frame frame(Context context, Section section, String title, String model) {
        List<String> models = List.copyOf(view().models());
        HttpRole signedIn = access.signedIn(context).orElse(null);
        return new Frame(title, section, models, model, assets, access.hasTokens(), signedIn);
    }

    /** {@return the registry as it is now; empty before anything was published} */
    ModelRegistry view() {
        return registry.view().orElseGet(ModelRegistry::empty);
    }

    /**
     * The model that a path is about.
     *
     * @param context with a path parameter {@code model}
     * @return its name
     * @throws Problem with status 404 when no version of it was ever published
     */
    String model(Context context) {
        String model = context.pathParam("model");
        if (!view().models().contains(model)) {
            throw new Problem(404, "there is no model " + model);
        }
        return model;
    }

    /**
     * Refuses whoever may not look, before anything is done for it.
     *
     * @param context of the request
     * @throws Problem with status 401 or 403
     */
    void requireRead(Context context) {
        access.requireRead(context);
    }

    /**
     * Answers with a page or a part of one.
     *
     * @param context of the request
     * @param template its name, without the ending
     * @param page what it shows
     */
    void render(Context context, String template, Object page) {
        access.requireRead(context);
        renderForAll(context, template, page);
    }

    /**
     * Answers with a page that needs no token, and so must tell nothing.
     *
     * @param context of the request
     * @param template its name, without the ending
     * @param page what it shows
     */
    void renderForAll(Context context, String template, Object page) {
        secure(context);
        Utf8ByteOutput output = new Utf8ByteOutput();
        templates.render(template + ".jte", page, output);
        context.html(new String(output.toByteArray(), StandardCharsets.UTF_8));
    }

    /**
     * Answers with what a page draws.
     *
     * @param context of the request
     * @param json what it draws
     */
    void data(Context context, ObjectNode json) {
        access.requireRead(context);
        secure(context);
        context.contentType("application/json").result(json.toString());
    }

    private static void secure(Context context) {
        context.header("Content-Security-Policy", CONTENT_SECURITY_POLICY);
        context.header("Referrer-Policy", "same-origin");
        context.header("X-Frame-Options", "DENY");
        context.header("Cache-Control", "no-store");
    }
}
