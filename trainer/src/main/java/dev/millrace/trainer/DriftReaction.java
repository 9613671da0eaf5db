package dev.millrace.trainer;

import java.util.Arrays;

/** What a learner does when it finds a {@link Drift}, beside telling of it. */
enum DriftReaction {

    /** Nothing more. */
    TELL("tell"),

    /** Learns with {@link DriftWatch#RAISED_RATE} times the rate for {@link DriftWatch#RAISED_FOR} examples. */
    RAISE_RATE("raise-rate"),

    /**
     * Gives the examples of a label from before its change, which now teach what is no longer so, to the label that has
     * such texts since, or drops them, and begins its row of the head anew from those since.
     */
    SHORTEN_MEMORY("shorten-memory"),

    /** All layers that are not frozen learn at the full rate for {@link DriftWatch#THAWED_FOR} examples. */
    THAW("thaw");

    private final String word;

    DriftReaction(String word) {
        this.word = word;
    }

    /** By the word for it in the settings. */
    static DriftReaction of(String word) {
        return Arrays.stream(values())
                .filter(reaction -> reaction.word.equals(word))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no reaction " + word));
    }

    @Override
    public String toString() {
        return word;
    }
}
