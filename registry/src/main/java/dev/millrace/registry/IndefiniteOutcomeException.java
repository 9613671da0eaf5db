package dev.millrace.registry;

/**
 * Nobody knows whether the transaction was committed: the answer to the commit did not come.
 *
 * <p>What to do: call {@link VersionPublisher#settle()} until it returns, or open a new publisher with the same
 * transactional id, and only then read the registry again
 * ({@link RegistryReader#readSettled}). Read before, and a late commit could still come after.
 */
public final class IndefiniteOutcomeException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    IndefiniteOutcomeException(String message, Throwable cause) {
        super(message, cause);
    }
}
