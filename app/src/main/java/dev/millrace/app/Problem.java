package dev.millrace.app;

import java.util.Map;

/** Why a request is refused, as RFC 9457 writes it: a status, its title, and a detail for the caller. */
final class Problem extends RuntimeException {

    static final String MEDIA_TYPE = "application/problem+json";

    private static final long serialVersionUID = 1L;

    private final int status;
    private final String title;
    private final String detail;

    /**
     * Makes one.
     *
     * @param status of HTTP
     * @param title of that status
     * @param detail what was wrong and what to do
     */
    Problem(int status, String title, String detail) {
        super(detail, null, false, false);
        this.status = status;
        this.title = title;
        this.detail = detail;
    }

    static Problem badRequest(String detail) {
        return new Problem(400, "Bad Request", detail);
    }

    int status() {
        return status;
    }

    Map<String, Object> body() {
        return Map.of("type", "about:blank", "title", title, "status", status, "detail", detail);
    }
}
