package dev.millrace.registry;

import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** All that the registry has of one model, while it is folded. Not thread-safe. */
final class ModelEntries {

    final NavigableMap<Long, VersionRecord> versions = new TreeMap<>();
    final NavigableMap<Long, Verdict> verdicts = new TreeMap<>();
    final NavigableMap<Long, Retirement> retirements = new TreeMap<>();
    final NavigableMap<String, Alias> aliases = new TreeMap<>();
    final NavigableMap<String, Pin> pins = new TreeMap<>();

    @Nullable JobRecord job;

    @Nullable Successor successor;

    ModelEntries copy() {
        ModelEntries copy = new ModelEntries();
        copy.versions.putAll(versions);
        copy.verdicts.putAll(verdicts);
        copy.retirements.putAll(retirements);
        copy.aliases.putAll(aliases);
        copy.pins.putAll(pins);
        copy.job = job;
        copy.successor = successor;
        return copy;
    }

    boolean isEmpty() {
        return versions.isEmpty()
                && verdicts.isEmpty()
                && retirements.isEmpty()
                && aliases.isEmpty()
                && pins.isEmpty()
                && job == null
                && successor == null;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ModelEntries that
                && versions.equals(that.versions)
                && verdicts.equals(that.verdicts)
                && retirements.equals(that.retirements)
                && aliases.equals(that.aliases)
                && pins.equals(that.pins)
                && Objects.equals(job, that.job)
                && Objects.equals(successor, that.successor);
    }

    @Override
    public int hashCode() {
        return 31 * versions.hashCode() + aliases.hashCode();
    }

    @Override
    public String toString() {
        return "[versions=" + versions + ", verdicts=" + verdicts + ", retirements=" + retirements + ", aliases="
                + aliases + ", pins=" + pins + ", job=" + job + ", successor=" + successor + "]";
    }
}
