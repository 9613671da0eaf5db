package dev.millrace.registry;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Records to test with. */
final class Examples {

    static final Instant TIME = Instant.parse("2026-11-24T10:00:00Z");

    private Examples() {}

    static VersionRecord version(String model, long version, Artifact... artifacts) {
        return new VersionRecord(
                model,
                version,
                TIME,
                version == 1 ? null : version - 1,
                "all-minilm-l6-v2",
                List.of(artifacts),
                List.of("yes", "no"),
                new LogPosition("training-examples", 0, version * 100),
                version * 100,
                version,
                TIME.minusSeconds(5),
                Map.of("lr", "0.0002"),
                "00",
                Map.of("loss", 1.0 / version),
                Map.of("device", "cpu"),
                null);
    }

    static Alias champion(String model, long version) {
        return alias(model, Alias.CHAMPION, version);
    }

    static Alias alias(String model, String alias, long version) {
        return new Alias(model, alias, version, null, TIME, "test", "because");
    }
}
