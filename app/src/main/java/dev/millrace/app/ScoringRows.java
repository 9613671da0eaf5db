package dev.millrace.app;

import static org.apache.kafka.common.config.ConfigDef.Type.DOUBLE;
import static org.apache.kafka.common.config.ConfigDef.Type.INT;
import static org.apache.kafka.common.config.ConfigDef.Type.STRING;

import java.time.Duration;

/** The rows of {@link SettingsTable} about scoring. */
final class ScoringRows {

    private static final int ANY_INT = Integer.MAX_VALUE;

    private ScoringRows() {}

    static void add(SettingsTable.Group group) {
        group.row("score.alias", STRING, "champion", Rule.alias(), "The alias whose version is served.");
        group.row(
                "score.canary-alias",
                STRING,
                "",
                Rule.optionalAlias(),
                "A second alias, such as `candidate`, whose version answers a share of the requests. The same texts are always given to the same alias. Empty: none.");
        group.row(
                "score.canary-share",
                DOUBLE,
                "0.1",
                Rule.real(0.001, 0.999),
                "The share of requests that the canary answers.");
        group.row(
                "score.shadow-alias",
                STRING,
                "",
                Rule.optionalAlias(),
                "A second alias whose version answers all requests beside, to count how often it disagrees; nobody gets its answers or waits for them, but it takes its share of the processor. Not together with a canary, for two versions are in memory at most. Empty: none.");
        group.row(
                "score.report-every",
                STRING,
                "30s",
                Rule.duration(Duration.ofMillis(100)),
                "How often to say again what is served, in the topic of deployments. Each change is said at once.");
        group.row(
                "score.batch-texts",
                INT,
                "64",
                Rule.whole(1, 4096),
                "The most texts that are answered in one forward pass, those of requests that queue meanwhile together. A request of more is answered alone.");
        group.row(
                "score.batch-wait",
                STRING,
                "0ms",
                Rule.duration(Duration.ZERO),
                "For how long a batch that is not full waits for more requests. Requests gather by themselves while the batch before is computed, so 0 is right unless measured otherwise.");
        group.row(
                "score.queue-texts",
                INT,
                "1024",
                Rule.whole(1, ANY_INT),
                "The most texts of requests that wait for their answers. Beyond that a request is answered with 503 and Retry-After.");
        group.row(
                "score.timeout",
                STRING,
                "10s",
                Rule.duration(Duration.ofMillis(1)),
                "For how long a request waits; then it leaves the queue and is answered with 503.");
        group.row(
                "score.group-id",
                STRING,
                "millrace-score",
                Rule.notEmpty(),
                "The consumer group that shares out the partitions of `inputs` among processes with the role `predict`.");
        group.row("score.top", INT, "3", Rule.whole(1, 1000), "How many labels a record of `predictions` ranks.");
    }
}
