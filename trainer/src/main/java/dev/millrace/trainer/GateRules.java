package dev.millrace.trainer;

/**
 * What a version must not do worse than the champion, to become champion itself.
 *
 * <p>A difference counts only where it is both large enough to matter and unlikely to be chance, so of versions that are as
 * good as the champion no more than {@code significance} are refused for their accuracy.
 *
 * @param leastExamples held out, below which nothing is said about accuracy and calibration
 * @param leastEffect the fall of accuracy that is too small to matter
 * @param significance the chance of refusing a version that is no worse
 * @param recallShare the share of the champion's recall of a label that must be kept
 * @param calibrationSlack how much larger the calibration error may be
 * @param latencyFactor how many times as long an answer may take
 * @param sizeFactor how many times as large the files may be
 */
public record GateRules(
        int leastExamples,
        double leastEffect,
        double significance,
        double recallShare,
        double calibrationSlack,
        double latencyFactor,
        double sizeFactor) {

    /** What holds unless the settings say otherwise. */
    public static final GateRules STANDARD = new GateRules(50, 0.01, 0.01, 0.5, 0.1, 3, 2);
}
