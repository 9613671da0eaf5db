package dev.millrace.registry;

import org.jspecify.annotations.Nullable;

/**
 * Somebody else owns this work now: the consumer group moved the partition away, or another producer took the
 * transactional id, or the broker gave the transaction up because it took too long.
 *
 * <p>Nothing of the call was published. (One rare case aside: when another producer took the transactional id while a
 * commit was on its way, it may have been committed. The new owner sees the truth in the registry, and this one must
 * stop anyway.) Whoever gets this throws its state away; if the group gives it the partition again, it begins from the
 * registry with a new publisher.
 */
public final class FencedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    FencedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
