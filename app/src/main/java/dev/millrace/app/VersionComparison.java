package dev.millrace.app;

import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.VersionRecord;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a registry says of models that had many trainers, beside the ledger, beside what the trainers said, and beside the
 * registry of one trainer that was left alone.
 *
 * @param versions of all models
 * @param compared of them, those that were trained as far as one of the one trainer's
 * @param different of these, those that are not the same
 * @param lost versions that a process said it had published, and that are not there, or not with those examples
 * @param gaps numbers that are missing below the newest, and parents that are not the version before
 * @param twice examples that a version has beyond those of the ledger before its position, the most of each model summed up
 * @param missed examples that a version lacks of those, in the same way; and those of the ledger that no version has
 * @param digest over the newest version of each model: its examples, steps, labels and files
 * @param aloneDigest the same of the one trainer
 */
record VersionComparison(
        long versions,
        long compared,
        long different,
        long lost,
        long gaps,
        long twice,
        long missed,
        String digest,
        String aloneDigest) {

    private static final Logger LOG = LoggerFactory.getLogger(VersionComparison.class);

    /**
     * Compares.
     *
     * @param shared the registry of many trainers
     * @param alone the registry of the one trainer
     * @param ledger the offsets of the examples of each model, in ascending order
     * @param published the examples of each version that a process said it had published, by model and number
     */
    static VersionComparison of(
            ModelRegistry shared,
            ModelRegistry alone,
            Map<String, List<Long>> ledger,
            Map<String, Map<Long, Long>> published) {
        long versions = 0;
        long compared = 0;
        long different = 0;
        long lost = 0;
        long gaps = 0;
        long twice = 0;
        long missed = 0;
        for (Map.Entry<String, List<Long>> each : ledger.entrySet()) {
            String model = each.getKey();
            List<Long> offsets = each.getValue();
            List<VersionRecord> line = shared.versions(model);
            versions += line.size();
            Map<Long, String> contents = new HashMap<>();
            alone.versions(model)
                    .forEach(version -> contents.put(version.position().nextOffset(), VersionAudit.content(version)));
            compared += line.stream()
                    .filter(version -> contents.containsKey(version.position().nextOffset()))
                    .count();
            different += different(line, contents);
            lost += lost(line, published.getOrDefault(model, Map.of()));
            gaps += gaps(line);
            twice += line.stream()
                    .mapToLong(version -> version.examples() - before(offsets, version))
                    .filter(more -> more > 0)
                    .max()
                    .orElse(0);
            long newest = line.isEmpty() ? 0 : line.get(line.size() - 1).examples();
            missed += Math.max(
                    offsets.size() - newest,
                    line.stream()
                            .mapToLong(version -> before(offsets, version) - version.examples())
                            .filter(fewer -> fewer > 0)
                            .max()
                            .orElse(0));
        }
        return new VersionComparison(
                versions,
                compared,
                different,
                lost,
                gaps,
                twice,
                missed,
                digest(shared, ledger),
                digest(alone, ledger));
    }

    /** {@return whether nothing shows that there was more than one trainer} */
    boolean holds() {
        return different + lost + gaps + twice + missed == 0 && digest.equals(aloneDigest);
    }

    private static long different(List<VersionRecord> line, Map<Long, String> alone) {
        long different = 0;
        for (VersionRecord version : line) {
            String content = VersionAudit.content(version);
            String other = alone.getOrDefault(version.position().nextOffset(), content);
            if (!content.equals(other)) {
                LOG.error(
                        "{} version {} up to {} is {}, and alone {}",
                        version.model(),
                        version.version(),
                        version.position(),
                        content,
                        other);
                different++;
            }
        }
        return different;
    }

    private static long lost(List<VersionRecord> line, Map<Long, Long> published) {
        Map<Long, Long> there = new HashMap<>();
        line.forEach(version -> there.put(version.version(), version.examples()));
        return published.entrySet().stream()
                .filter(said -> !said.getValue().equals(there.get(said.getKey())))
                .peek(said -> LOG.error("Version {} of {} examples was published, and is lost", said.getKey(), said))
                .count();
    }

    private static long gaps(List<VersionRecord> line) {
        long gaps = 0;
        long before = 0;
        for (VersionRecord version : line) {
            Long parent = before == 0 ? null : Long.valueOf(before);
            boolean follows = version.version() == before + 1
                    && Optional.ofNullable(parent).equals(Optional.ofNullable(version.parent()));
            gaps += follows ? 0 : 1;
            before = version.version();
        }
        return gaps;
    }

    /** How many examples of a model the ledger has before the position of a version. */
    private static long before(List<Long> offsets, VersionRecord version) {
        int found = Collections.binarySearch(offsets, version.position().nextOffset());
        return found >= 0 ? found : -found - 1L;
    }

    private static String digest(ModelRegistry registry, Map<String, List<Long>> ledger) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            for (String model : ledger.keySet().stream().sorted().toList()) {
                String content =
                        registry.latest(model).map(VersionAudit::content).orElse("none");
                sha256.update((model + " " + content + "\n").getBytes(StandardCharsets.UTF_8));
            }
            return HexFormat.of().formatHex(sha256.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
