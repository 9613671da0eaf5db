package dev.millrace.ingest;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A schema registry with Confluent's HTTP API, such as Confluent's own, Apicurio's at {@code /apis/ccompat/v7}, Karapace or
 * Redpanda's. Immutable.
 *
 * @param url its address, without a slash at the end
 * @param authorization the value of the header {@code Authorization}, or null for none; it is never shown
 * @param patience how long to ask again before the work is given up for now; below the time-out of ingest's transactions
 */
public record SchemaRegistry(URI url, @Nullable String authorization, Duration patience) {

    /** The default of {@code patience}. */
    public static final Duration DEFAULT_PATIENCE = Duration.ofSeconds(5);

    public SchemaRegistry {
        String scheme = url.getScheme();
        if (scheme == null || !scheme.matches("https?") || url.getHost() == null) {
            throw new IllegalArgumentException("url must be that of an HTTP server, but is " + url);
        }
        if (url.getUserInfo() != null) {
            throw new IllegalArgumentException("url must not have a user in it, for it is shown");
        }
        if (patience.isNegative() || patience.isZero()) {
            throw new IllegalArgumentException("patience must be above 0, but is " + patience);
        }
    }

    @Override
    public String toString() {
        return url.toString();
    }
}
