package dev.millrace.registry;

/**
 * A second alias, whose version is tried beside the one that serves.
 *
 * @param alias of the same model
 * @param share of the requests that it answers; 0 where it only answers beside, and nobody gets its answers
 */
record Trial(String alias, double share) {

    boolean isShadow() {
        return share == 0;
    }
}
