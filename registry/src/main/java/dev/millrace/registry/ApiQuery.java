package dev.millrace.registry;

import io.javalin.http.Context;
import org.jspecify.annotations.Nullable;

/** Names and numbers in paths and queries, checked before anything is looked up by them. */
final class ApiQuery {

    private static final int DEFAULT_LIMIT = 50;
    private static final int MAX_LIMIT = 200;

    private ApiQuery() {}

    /** A name in the path. */
    static String path(Context context, String what) {
        return checked(what, context.pathParam(what));
    }

    /** A name in the query, which must be there. */
    static String name(Context context, String what) {
        String value = context.queryParam(what);
        if (value == null) {
            throw new Problem(400, "the query must have '" + what + "'");
        }
        return checked(what, value);
    }

    /** How many are asked for. */
    static int limit(Context context) {
        long limit = number("limit", context.queryParam("limit"), DEFAULT_LIMIT);
        if (limit < 1 || limit > MAX_LIMIT) {
            throw new Problem(400, "'limit' must be from 1 to " + MAX_LIMIT + ", but is " + limit);
        }
        return (int) limit;
    }

    /** Where a page begins: only what has a lower number is on it. */
    static long before(Context context) {
        return number("before", context.queryParam("before"), Long.MAX_VALUE);
    }

    private static long number(String what, @Nullable String value, long unless) {
        if (value == null) {
            return unless;
        }
        if (!value.matches("[0-9]{1,18}")) {
            throw new Problem(400, "'" + what + "' must be a whole number of at most 18 digits");
        }
        return Long.parseLong(value);
    }

    private static String checked(String what, String value) {
        if (!RegistryKey.NAME_PATTERN.matcher(value).matches()) {
            throw new Problem(400, "'" + what + "' must match " + RegistryKey.NAME);
        }
        return value;
    }
}
