package dev.millrace.registry;

import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Counts what comes of a trial, and tells the observer. Thread-safe. */
final class TrialTally {

    private final String model;
    private final RegistryObserver observer;
    private final LongAdder main = new LongAdder();
    private final LongAdder canary = new LongAdder();
    private final Map<ShadowOutcome, LongAdder> outcomes = Stream.of(ShadowOutcome.values())
            .collect(Collectors.toUnmodifiableMap(Function.identity(), outcome -> new LongAdder()));

    TrialTally(String model, RegistryObserver observer) {
        this.model = model;
        this.observer = observer;
    }

    void main(String alias) {
        main.increment();
        observer.routed(model, alias);
    }

    void canary(String alias) {
        canary.increment();
        observer.routed(model, alias);
    }

    void shadow(ShadowOutcome outcome) {
        adder(outcome).increment();
        observer.shadowed(model, outcome);
    }

    TrialCounts counts() {
        return new TrialCounts(
                main.sum(),
                canary.sum(),
                adder(ShadowOutcome.AGREED).sum(),
                adder(ShadowOutcome.DISAGREED).sum(),
                adder(ShadowOutcome.FAILED).sum(),
                adder(ShadowOutcome.DROPPED).sum());
    }

    private LongAdder adder(ShadowOutcome outcome) {
        LongAdder adder = outcomes.get(outcome);
        if (adder == null) {
            throw new IllegalStateException("there is no count of " + outcome);
        }
        return adder;
    }
}
