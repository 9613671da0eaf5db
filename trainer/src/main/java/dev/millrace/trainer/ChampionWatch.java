package dev.millrace.trainer;

import dev.millrace.registry.Alias;
import dev.millrace.registry.Lineage.Intervention;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.VersionRecord;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Watches the answers that are given while a version is champion, and compares them with what was answered while earlier
 * versions were made. It says only that there is reason to look closer. Not thread-safe.
 */
final class ChampionWatch {

    /** So many of the newest versions are gone back to at most. */
    private static final int MOST_EARLIER = 4;

    /** What a version knew before one of these is not what is to be served after it. */
    private static final Set<String> NO_WAY_BACK = Set.of("forget", "retire-label", "rename-label");

    /**
     * A champion that answers worse than was answered before.
     *
     * @param champion which one
     * @param better the version that was made when answers were best
     * @param accuracyBefore of the answers until that version was made, prequential
     * @param live the answers since the champion was made
     */
    record Doubt(VersionRecord champion, VersionRecord better, double accuracyBefore, LiveAnswers.Since live) {}

    private record Measured(VersionRecord version, double accuracy) {}

    private final RollbackRules rules;
    private final Deque<Measured> earlier = new ArrayDeque<>();
    private @Nullable VersionRecord newest;
    private @Nullable VersionRecord measuredLast;
    private @Nullable VersionRecord champion;
    private long examplesSinceChampion;
    private long examplesToWaitFor;

    private ChampionWatch(RollbackRules rules) {
        this.rules = rules;
    }

    /** One for a model as the registry has it. */
    static ChampionWatch of(RollbackRules rules, ModelRegistry view, String model) {
        ChampionWatch watch = new ChampionWatch(rules);
        view.versions(model).forEach(watch::measure);
        if (view.pin(model, Alias.CHAMPION).isEmpty()) {
            view.resolve(model, Alias.CHAMPION).ifPresent(watch::begin);
        }
        return watch;
    }

    /**
     * A version was published.
     *
     * @param version its record
     * @param serves whether it is champion now, and followed by subscribers
     */
    void published(VersionRecord version, boolean serves) {
        measure(version);
        if (serves) {
            begin(version);
        }
    }

    /** So many examples were answered and learned. */
    void answered(int examples) {
        examplesSinceChampion += examples;
    }

    /** Whether this version is still the one that is watched. */
    boolean watches(VersionRecord version) {
        return version.equals(champion);
    }

    /** Nothing speaks against the champion so far: it is looked at again when as much has been answered once more. */
    void cleared() {
        examplesToWaitFor = 2 * examplesSinceChampion;
    }

    /** The champion does not serve any more. */
    void end() {
        champion = null;
    }

    /** Whether there is reason to look closer at the champion, by the answers so far. */
    Optional<Doubt> doubt(LiveAnswers answers) {
        VersionRecord served = champion;
        if (served == null
                || examplesSinceChampion < Math.max(rules.leastExamples(), examplesToWaitFor)
                || examplesSinceChampion > rules.freshExamples()) {
            return Optional.empty();
        }
        LiveAnswers.Since live = answers.since(served.position().nextOffset());
        return earlier.stream()
                .filter(measured -> measured.version().version() < served.version())
                .max(Comparator.comparingDouble(Measured::accuracy))
                .filter(best -> live.examples().size() >= rules.leastExamples()
                        && best.accuracy() - live.accuracy() >= rules.fall())
                .map(best -> new Doubt(served, best.version(), best.accuracy(), live));
    }

    private void begin(VersionRecord version) {
        champion = version;
        examplesSinceChampion = 0;
        examplesToWaitFor = 0;
    }

    /** Takes the accuracy of what was answered since another version was measured, when that is enough to tell. */
    private void measure(VersionRecord version) {
        if (!follows(version)) {
            earlier.clear();
            measuredLast = null;
        }
        newest = version;
        VersionRecord from = measuredLast;
        long examples = version.examples() - (from == null ? 0 : from.examples());
        if (examples < rules.leastExamples()) {
            return;
        }
        double correct = correct(version) - (from == null ? 0 : correct(from));
        earlier.add(new Measured(version, correct / examples));
        if (earlier.size() > MOST_EARLIER) {
            earlier.removeFirst();
        }
        measuredLast = version;
    }

    private boolean follows(VersionRecord version) {
        VersionRecord before = newest;
        boolean inLine = before != null && version.parent() != null && version.parent() == before.version();
        boolean kept = version.lineage() == null
                || version.lineage().interventions().stream()
                        .map(Intervention::action)
                        .noneMatch(NO_WAY_BACK::contains);
        return inLine && kept;
    }

    private static double correct(VersionRecord version) {
        return version.examples() * version.metrics().getOrDefault("prequential_accuracy", 0.0);
    }
}
