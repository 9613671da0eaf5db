package dev.millrace.app;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.registry.Alias;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.Pin;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.LedgerReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** How far a model is that shall take the place of another one. */
final class CatchUp {

    private CatchUp() {}

    /**
     * What it lacks.
     *
     * @param settings name the ledger
     * @param registry as it is now
     * @param model whose place it shall take
     * @param to the model that shall take it
     * @param maxLag how many of its examples its newest version may not have learned yet
     * @return a line each; empty when it can be served
     */
    static List<String> missing(Settings settings, ModelRegistry registry, String model, String to, long maxLag) {
        Optional<VersionRecord> newest = registry.latest(to);
        if (newest.isEmpty()) {
            return List.of(to + " has no version yet");
        }
        List<String> missing = new ArrayList<>();
        for (String alias : aliases(registry, model)) {
            if (registry.resolve(to, alias).isEmpty()) {
                missing.add(to + " has no alias " + alias + ", which " + model + " has"
                        + (alias.equals(Alias.CHAMPION)
                                ? ""
                                : ": registry promote " + to + " champion --alias " + alias));
            }
        }
        long behind = behind(settings, newest.get());
        if (behind > maxLag) {
            missing.add("version " + newest.get().version() + ", the newest of " + to + ", has not learned " + behind
                    + " of its examples yet, and may lack " + maxLag);
        }
        return missing;
    }

    private static Set<String> aliases(ModelRegistry registry, String model) {
        TreeSet<String> names = new TreeSet<>();
        registry.aliases(model).stream().map(Alias::alias).forEach(names::add);
        registry.pins(model).stream().map(Pin::alias).forEach(names::add);
        return names;
    }

    /** How many examples of its model lie in the ledger behind what a version has learned. */
    private static long behind(Settings settings, VersionRecord version) {
        try (LedgerReader ledger = LedgerReader.open(
                settings.kafka().clientProperties(), settings.topics().trainingExamples(), version.model())) {
            long end = ledger.end();
            long next = version.position().topic().equals(ledger.partition().topic())
                            && version.position().partition()
                                    == ledger.partition().partition()
                    ? version.position().nextOffset()
                    : 0;
            ledger.seek(Math.max(next, ledger.beginning()));
            long behind = 0;
            while (ledger.position() < end) {
                behind += ledger.poll().stream()
                        .filter(entry -> entry.offset() < end && entry.content() instanceof LabelledExample)
                        .count();
            }
            return behind;
        } catch (IllegalStateException | IllegalArgumentException e) {
            throw new CommandException("the ledger cannot be read: " + e.getMessage(), e);
        }
    }
}
