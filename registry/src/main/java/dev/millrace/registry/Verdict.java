package dev.millrace.registry;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the gate found of a version when it was judged against the champion: the value under
 * {@code model/version!verdict}. A version that did not pass stays addressable; the champion does not move to it.
 *
 * @param model the model's name
 * @param version which was judged
 * @param champion which it was judged against, or null when there was none
 * @param findings what each rule found, in the order in which they were asked
 * @param time when it was judged
 * @param by who judged
 */
public record Verdict(
        String model, long version, @Nullable Long champion, List<Finding> findings, Instant time, String by)
        implements RegistryEntry {

    /**
     * What one rule found.
     *
     * @param rule its name, in snake case
     * @param passed whether the version may become champion, as far as the rule can tell
     * @param figures what it was decided by, by name, finite
     * @param reason one sentence for people
     */
    public record Finding(String rule, boolean passed, Map<String, Double> figures, String reason) {

        public Finding {
            figures = Map.copyOf(figures);
        }
    }

    public Verdict {
        if (version < 1) {
            throw new IllegalArgumentException("version must be >= 1, but is " + version);
        }
        findings = List.copyOf(findings);
    }

    /**
     * Whether the version may become champion.
     *
     * @return whether every rule was passed
     */
    public boolean passed() {
        return findings.stream().allMatch(Finding::passed);
    }
}
