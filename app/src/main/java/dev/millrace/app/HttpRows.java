package dev.millrace.app;

import static org.apache.kafka.common.config.ConfigDef.Type.INT;
import static org.apache.kafka.common.config.ConfigDef.Type.STRING;

/** The rows of {@link SettingsTable} about HTTP. */
final class HttpRows {

    private HttpRows() {}

    static void add(SettingsTable.Group group) {
        group.row(
                "http.host",
                STRING,
                "127.0.0.1",
                Rule.notEmpty(),
                "The address that metrics, scoring, the registry's API and the console listen on. Only this machine reaches the default. With another, `run` starts only where it is said who may ask: with a token, or with `http.trusted-network`.");
        group.row(
                "http.port",
                INT,
                "8080",
                Rule.whole(0, 65_535),
                "The port of metrics, scoring, the registry's API and the console; 0 takes a free one.");
        group.row(
                "http.token-file",
                STRING,
                "",
                Rule.anyText(),
                "The file of the operator's token, a line of at least 16 characters: whoever sends it as `Authorization: Bearer`, or signs in to the console with it, may look and make changes. Nobody but its owner may have rights on the file. Read once, at the start. Empty: only this machine may make changes, and only where `http.host` is a loopback address and there is no viewer's token either.");
        group.row(
                "http.viewer-token-file",
                STRING,
                "",
                Rule.anyText(),
                "The same for the viewer's token, with which one may look at everything and ask what is served, and change nothing. With it, looking needs a token on this machine too. Empty: looking needs the operator's token, or none where `http.host` is a loopback address.");
        group.row(
                "http.trusted-network",
                STRING,
                "false",
                Rule.oneOf("true", "false"),
                "Whether everybody who reaches `http.host` may look at everything without a token: texts, labels, models, metrics. For a network that only those reach who may. Changes need the operator's token all the same.");
        group.row(
                "http.open-metrics",
                STRING,
                "false",
                Rule.oneOf("true", "false"),
                "Whether `/metrics` needs no token, for a Prometheus that cannot send one. Metrics name models and labels, and tell no texts.");
        group.row(
                "http.requests-per-second",
                INT,
                "500",
                Rule.whole(0, 1_000_000),
                "How many requests one address may send, on average; as many may come at once. More are answered with 429 and Retry-After. Health is always answered. 0: no limit, as behind a proxy, whose address all requests have.");
        group.row(
                "http.wrong-tokens-per-minute",
                INT,
                "10",
                Rule.whole(0, 1_000_000),
                "How many wrong tokens one address may send, on average; as many may come at once. After that, no token from there is looked at for a while. 0: no limit.");
    }
}
