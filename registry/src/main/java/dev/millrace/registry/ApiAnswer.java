package dev.millrace.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Writes answers, with their tags, links and headers. */
final class ApiAnswer {

    private static final int TAG_DIGITS = 32;

    private ApiAnswer() {}

    static void secure(Context context) {
        context.header("X-Content-Type-Options", "nosniff");
        context.header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
        context.header("Cross-Origin-Resource-Policy", "same-origin");
        // A strong tag is of the bytes, and compression would make others of them.
        context.disableCompression();
    }

    /** A state, which whoever has it already need not get again. */
    static void tagged(Context context, ObjectNode json) {
        tagged(context, bytes(json));
    }

    static void tagged(Context context, byte[] json) {
        String tag = tag(json);
        context.header("ETag", tag);
        context.header("Cache-Control", "no-cache");
        if (names(context.header("If-None-Match"), tag)) {
            context.status(304);
        } else {
            context.contentType("application/json").result(json);
        }
    }

    /** What a change did. */
    static void write(Context context, ObjectNode json) {
        context.header("Cache-Control", "no-store");
        context.contentType("application/json").result(bytes(json));
    }

    /** Where the next page is: what comes before the last entry of this one. */
    static void next(Context context, String path, long before, int limit) {
        next(context, path + "?before=" + before + "&limit=" + limit);
    }

    static void next(Context context, String target) {
        context.header("Link", "<" + target + ">; rel=\"next\"");
    }

    /**
     * Refuses a change of what is not as the caller has seen it.
     *
     * @param now what there is; empty when there is nothing
     */
    static void requireUnmoved(Context context, Optional<ObjectNode> now) {
        String match = context.header("If-Match");
        String noneMatch = context.header("If-None-Match");
        String tag = now.map(json -> tag(bytes(json))).orElse(null);
        if (match != null && (tag == null || !names(match, tag))) {
            throw new Problem(
                    412,
                    "somebody has changed it since: it is now "
                            + now.map(ObjectNode::toString).orElse("gone"));
        }
        if (noneMatch != null && tag != null && names(noneMatch, tag)) {
            throw new Problem(412, "it is there already: " + now.get());
        }
    }

    private static boolean names(@Nullable String header, String tag) {
        return header != null
                && Arrays.stream(header.split(","))
                        .map(String::strip)
                        .anyMatch(one -> one.equals("*") || one.equals(tag));
    }

    private static String tag(byte[] json) {
        return '"' + Access.sha256(json).substring(0, TAG_DIGITS) + '"';
    }

    private static byte[] bytes(ObjectNode json) {
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }
}
