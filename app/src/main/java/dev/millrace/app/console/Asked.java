package dev.millrace.app.console;

import dev.millrace.registry.Problem;
import io.javalin.http.Context;

/** Reads what a path, a query or a form says. */
final class Asked {

    private Asked() {}

    /** A parameter of the query, or an empty string. */
    static String query(Context context, String name) {
        String value = context.queryParam(name);
        return value == null ? "" : value.strip();
    }

    /** A field of the form, to the letter, or an empty string. */
    static String form(Context context, String name) {
        String value = context.formParam(name);
        return value == null ? "" : value;
    }

    /**
     * A whole number.
     *
     * @param what it is, for people
     * @param text digits
     * @throws Problem with status 400 when it is anything else
     */
    static long number(String what, String text) {
        if (!text.matches("[0-9]{1,18}")) {
            throw new Problem(400, what + " must be a whole number, but is '" + text + "'");
        }
        return Long.parseLong(text);
    }
}
