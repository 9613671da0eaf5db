package dev.millrace.app;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where HTTP is served, and to whom.
 *
 * @param host to listen on
 * @param port to listen on; 0 for a free one
 * @param tokenFile the file of the operator's token, or null
 * @param viewerTokenFile the file of the viewer's token, or null
 * @param isTrustedNetwork whether everybody who reaches the host may look
 * @param hasOpenMetrics whether metrics need no token
 * @param limits of requests
 */
record HttpSettings(
        String host,
        int port,
        @Nullable Path tokenFile,
        @Nullable Path viewerTokenFile,
        boolean isTrustedNetwork,
        boolean hasOpenMetrics,
        Limits limits) {

    /**
     * How much one address may ask. Nothing is limited at 0.
     *
     * @param requestsPerSecond on average; as many may come at once
     * @param wrongTokensPerMinute likewise
     */
    record Limits(int requestsPerSecond, int wrongTokensPerMinute) {}

    static HttpSettings of(SettingValues values) {
        return new HttpSettings(
                values.text("http.host"),
                (int) values.whole("http.port"),
                values.optionalPath("http.token-file"),
                values.optionalPath("http.viewer-token-file"),
                values.text("http.trusted-network").equals("true"),
                values.text("http.open-metrics").equals("true"),
                new Limits((int) values.whole("http.requests-per-second"), (int)
                        values.whole("http.wrong-tokens-per-minute")));
    }

    /** Whether only this machine reaches the host. A name that cannot be resolved is none of this machine's. */
    boolean isLoopback() {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    /** What is wrong between settings that are each fine alone, a line for each. */
    List<String> contradictions() {
        return isTrustedNetwork && viewerTokenFile != null
                ? List.of("http.trusted-network: says that looking needs no token, and http.viewer-token-file that it"
                        + " does; leave one of them out")
                : List.of();
    }
}
