package dev.millrace.registry;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Gives each request to one of two aliases. Which one depends on a digest of its key and of the aliases' names: the same
 * in every process, and independent of what other trials chose. Thread-safe.
 */
final class Arms<T extends AutoCloseable> {

    private static final double TWO_TO_64 = 0x1p64;
    private static final int DIGEST_BYTES = 8;

    private final ModelAlias name;
    private final @Nullable Trial canary;
    private final Slot<T> main;
    private final Slot<T> tried;
    private final TrialTally tally;

    Arms(ModelAlias name, @Nullable Trial trial, Slot<T> main, Slot<T> tried, TrialTally tally) {
        this.name = name;
        this.canary = trial == null || trial.isShadow() ? null : trial;
        this.main = main;
        this.tried = tried;
        this.tally = tally;
    }

    Optional<Lease<T>> acquire(String key) {
        if (canary == null) {
            return main.acquire();
        }
        if (position(canary.alias(), key) < canary.share()) {
            Optional<Lease<T>> lease = tried.acquire();
            if (lease.isPresent()) {
                tally.canary(canary.alias());
                return lease;
            }
        }
        Optional<Lease<T>> lease = main.acquire();
        if (lease.isPresent()) {
            tally.main(name.alias());
        }
        return lease;
    }

    /** Where a key lies, from 0 to 1. */
    private double position(String alias, String key) {
        byte[] digest =
                DigestingFile.newSha256().digest((name + "\n" + alias + "\n" + key).getBytes(StandardCharsets.UTF_8));
        return new BigInteger(1, digest, 0, DIGEST_BYTES).doubleValue() / TWO_TO_64;
    }
}
