package dev.millrace.app;

import dev.millrace.app.HttpSettings.Limits;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Settings of HTTP, as they are by default but for what a test is about. */
final class HttpHere {

    static final Limits DEFAULT_LIMITS = new Limits(500, 10);

    private HttpHere() {}

    static HttpSettings onPort(int port) {
        return new HttpSettings("127.0.0.1", port, null, null, false, false, DEFAULT_LIMITS);
    }

    static HttpSettings limited(int requestsPerSecond, int wrongTokensPerMinute) {
        return new HttpSettings(
                "127.0.0.1", 0, null, null, false, false, new Limits(requestsPerSecond, wrongTokensPerMinute));
    }

    static HttpSettings withOpenMetrics() {
        return new HttpSettings("127.0.0.1", 0, null, null, false, true, DEFAULT_LIMITS);
    }

    static HttpSettings on(String host, @Nullable Path token, @Nullable Path viewerToken, boolean isTrustedNetwork) {
        return new HttpSettings(host, 0, token, viewerToken, isTrustedNetwork, false, DEFAULT_LIMITS);
    }
}
