package dev.millrace.trainer;

/**
 * When the champion's alias is taken back without being asked.
 *
 * @param leastExamples answered since a version became champion, below which nothing is said
 * @param fall of the prequential accuracy that is looked into, from 0 to 1; 1 for never
 * @param freshExamples for how many examples a champion is fresh; after that it is no longer watched
 */
public record RollbackRules(int leastExamples, double fall, long freshExamples) {

    /** What holds unless the settings say otherwise. */
    public static final RollbackRules STANDARD = new RollbackRules(100, 0.05, 2000);
}
