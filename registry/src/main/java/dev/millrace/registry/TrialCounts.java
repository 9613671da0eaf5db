package dev.millrace.registry;

/**
 * What came of trying a second version, in requests.
 *
 * @param main that the alias answered, while there was a canary
 * @param canary that the canary answered
 * @param agreed to which the shadow gave the same answer
 * @param disagreed to which it gave another one
 * @param failed on which it threw
 * @param dropped that it was too slow for
 */
public record TrialCounts(long main, long canary, long agreed, long disagreed, long failed, long dropped) {}
