package dev.millrace.app;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code bench trainers} found when it killed, for people and for programs. Immutable.
 *
 * @param found in the registries
 * @param unverified versions
 * @param examples of all models
 * @param bench that killed
 * @param sessionTimeout in force
 */
record TrainersReport(
        VersionComparison found, int unverified, long examples, TrainersBench bench, Duration sessionTimeout) {

    /** How a process was killed, of the figures for how long its models stood still. */
    private enum Kind {
        ALL("all", "all"),
        SETTLED("settled", "killed in a settled group"),
        IN_TRANSACTION("inTransaction", "killed inside a transaction"),
        UNSETTLED("whileUnsettled", "killed while the group was busy with the one before");

        private final String key;
        private final String words;

        Kind(String key, String words) {
            this.key = key;
            this.words = words;
        }

        boolean includes(Crew.Circumstances how) {
            return switch (this) {
                case ALL -> true;
                case SETTLED -> !how.inTransaction() && !how.unsettled();
                case IN_TRANSACTION -> how.inTransaction();
                case UNSETTLED -> how.unsettled() && !how.inTransaction();
            };
        }
    }

    private boolean holds() {
        return found.holds() && unverified == 0;
    }

    /** The figures of each kind that there are any of. */
    private Map<Kind, Timings> standstills() {
        Map<Kind, Timings> byKind = new LinkedHashMap<>();
        for (Kind kind : Kind.values()) {
            List<Double> seconds = new ArrayList<>();
            for (Crew.Standstill one : bench.standstills()) {
                if (kind.includes(one.circumstances())) {
                    seconds.add(one.seconds());
                }
            }
            if (!seconds.isEmpty()) {
                byKind.put(kind, new Timings(seconds));
            }
        }
        return byKind;
    }

    void fill(Map<String, Object> figures) {
        figures.put("whileUnsettled", bench.unsettled());
        figures.put("inCheckpoint", bench.inCheckpoint());
        figures.put("inTransaction", bench.inTransaction());
        figures.put("holds", holds());
        figures.put("digest", found.digest());
        figures.put("aloneDigest", found.aloneDigest());
        figures.put("versions", found.versions());
        figures.put("compared", found.compared());
        figures.put("different", found.different());
        figures.put("versionsLost", found.lost());
        figures.put("gaps", found.gaps());
        figures.put("twice", found.twice());
        figures.put("missed", found.missed());
        figures.put("unverified", unverified);
        figures.put("examples", examples);
        figures.put("sessionTimeoutSeconds", sessionTimeout.toMillis() / 1e3);
        Map<String, Object> kinds = new LinkedHashMap<>();
        standstills().forEach((kind, seconds) -> {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("count", seconds.sorted().size());
            one.put("p50Seconds", seconds.median());
            one.put("p99Seconds", seconds.quantile(0.99));
            one.put("mostSeconds", seconds.quantile(1));
            kinds.put(kind.key, one);
        });
        figures.put("standstills", kinds);
    }

    void print(PrintWriter out) {
        out.println(bench.kills() + " kills survived, " + bench.unsettled()
                + " of them while the group was busy with the one before, " + bench.inCheckpoint()
                + " inside a checkpoint, " + bench.inTransaction() + " inside a transaction; " + examples
                + " examples, "
                + found.versions() + " versions");
        out.println("learned twice " + found.twice() + ", missed " + found.missed() + "; versions lost " + found.lost()
                + ", gaps " + found.gaps() + ", different " + found.different() + " of " + found.compared()
                + ", unverified " + unverified
                + "; digest " + found.digest() + ", alone " + found.aloneDigest() + ": "
                + (holds() ? "nothing differs" : "DIFFERENT"));
        TextTable table = new TextTable(
                "seconds a model stood still, session time-out " + DurationText.format(sessionTimeout),
                "models",
                "p50",
                "p99",
                "most");
        standstills()
                .forEach((kind, seconds) -> table.row(
                        kind.words,
                        seconds.sorted().size(),
                        rounded(seconds.median()),
                        rounded(seconds.quantile(0.99)),
                        rounded(seconds.quantile(1))));
        table.printTo(out);
        out.flush();
    }

    private static String rounded(double seconds) {
        return String.format(Locale.ROOT, "%.2f", seconds);
    }
}
