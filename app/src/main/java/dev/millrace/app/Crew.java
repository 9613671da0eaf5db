package dev.millrace.app;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Trainer processes of one group: hears what they say, and times how long the models of a killed one stand still. Safe for
 * use by several threads.
 */
final class Crew implements AutoCloseable {

    /**
     * How long a model was trained by nobody.
     *
     * @param seconds from the kill to the end of the first mini-batch in another process
     * @param circumstances of the kill
     */
    record Standstill(double seconds, Circumstances circumstances) {}

    /**
     * How things stood when a process was killed.
     *
     * @param unsettled whether the group was still busy with the kill before
     * @param inTransaction whether it left a transaction open
     */
    record Circumstances(boolean unsettled, boolean inTransaction) {}

    private record Still(long sinceNanos, Circumstances circumstances) {}

    private final TrainingSite site;
    private final List<String> models;
    private final List<TrainingChild> members = new ArrayList<>();
    private final Map<String, Still> still = new TreeMap<>();
    private final List<Standstill> standstills = new ArrayList<>();
    private final Map<String, Long> learned = new TreeMap<>();
    private final Map<String, Map<Long, Long>> published = new TreeMap<>();
    private long steps;
    private long computedMicros;
    private TrainingChild.Listener also = (child, said) -> {};

    /**
     * Starts the processes.
     *
     * @param site of theirs
     * @param size how many
     */
    Crew(TrainingSite site, int size) {
        this.site = site;
        this.models = site.settings().models();
        try {
            IntStream.range(0, size).forEach(slot -> members.add(site.begin(slot, this::hear)));
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private void hear(TrainingChild child, Announcement said) {
        long now = site.nanoTicker().getAsLong();
        TrainingChild.Listener other;
        synchronized (this) {
            switch (said.kind()) {
                case OPENED -> learned.put(said.model(), said.number(0));
                case TRAINED -> {
                    learned.put(said.model(), said.number(0));
                    steps++;
                    computedMicros += said.number(1);
                    Still stood = still.remove(said.model());
                    if (stood != null) {
                        standstills.add(new Standstill((now - stood.sinceNanos) / 1e9, stood.circumstances));
                    }
                }
                case TRANSACTION_ENDED ->
                    published
                            .computeIfAbsent(said.model(), model -> new TreeMap<>())
                            .put(said.number(0), said.number(1));
                default -> {}
            }
            other = also;
        }
        other.hear(child, said);
    }

    /** Has another hear what is announced from now on, at once, on the threads that read it. */
    synchronized void listen(TrainingChild.Listener listener) {
        also = listener;
    }

    TrainingChild member(int slot) {
        return members.get(slot);
    }

    /**
     * Takes note of the death of a process whose end was awaited, and starts another in its place.
     *
     * @param slot of it
     * @param circumstances of its death
     */
    void replace(int slot, Circumstances circumstances) {
        TrainingChild dead = members.get(slot);
        synchronized (this) {
            for (String model : dead.held()) {
                still.putIfAbsent(model, new Still(dead.killedNanos(), circumstances));
                learned.put(model, 0L);
            }
        }
        members.set(slot, site.begin(slot, this::hear));
    }

    /** {@return whether every process that is not standing by holds a model, every model is held, and each is trained again} */
    synchronized boolean isSettled() {
        Set<String> held = new TreeSet<>();
        members.forEach(member -> held.addAll(member.held()));
        int mayHold = site.settings().trainer().activeTrainers();
        int active = mayHold == 0 ? members.size() : Math.min(mayHold, members.size());
        return still.isEmpty()
                && held.containsAll(models)
                && members.stream().filter(member -> !member.held().isEmpty()).count() == active;
    }

    /** {@return whether every process has learned a mini-batch} */
    boolean isTraining() {
        return members.stream().allMatch(member -> member.trainedAfterNanos().isPresent());
    }

    /** Throws if a process has ended that nobody has killed. */
    void requireLife() {
        for (TrainingChild member : members) {
            if (!member.isAlive() && member.killedNanos() == 0) {
                throw new IllegalStateException(
                        "a process that trains has ended by itself, with exit code " + member.awaitEnd());
            }
        }
    }

    /** {@return the examples of each model that its newest holder has learned, in a version or not} */
    synchronized Map<String, Long> learned() {
        return Map.copyOf(learned);
    }

    /** {@return whether each model has learned so many examples} */
    synchronized boolean hasLearned(long examples) {
        return models.stream().allMatch(model -> learned.getOrDefault(model, 0L) >= examples);
    }

    /** {@return the examples of each version that a process said it has published, by model and number} */
    synchronized Map<String, Map<Long, Long>> published() {
        Map<String, Map<Long, Long>> copy = new TreeMap<>();
        published.forEach((model, versions) -> copy.put(model, Map.copyOf(versions)));
        return copy;
    }

    synchronized List<Standstill> standstills() {
        return List.copyOf(standstills);
    }

    /** {@return steps so far, of all processes} */
    synchronized long steps() {
        return steps;
    }

    /** {@return how long they really computed, of all processes} */
    synchronized Duration computed() {
        return Duration.ofNanos(computedMicros * 1000);
    }

    /** Asks one process after the other to end, and waits. Each publishes what it has learned. */
    void end() {
        for (TrainingChild member : members) {
            int exit = member.end();
            if (exit != 0) {
                throw new IllegalStateException("a process that trains ended with " + exit + " and not with 0");
            }
        }
    }

    /** Kills those that still live. */
    @Override
    public void close() {
        members.forEach(TrainingChild::close);
    }
}
