package dev.millrace.ingest;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.OptionalLong;

/**
 * Takes a uniform sample of the examples while training is too far behind, and all of them otherwise.
 *
 * <p>The share that is taken falls in a straight line, from all of them at the bound to none at twice the bound, but never
 * below the least share. So while the least share is no more than training can bear, the lag comes to rest between the
 * bound and twice the bound.
 *
 * <p>Which examples these are is decided by a hash of model and id: with the same share, the same example meets the same
 * fate, in any process, and a smaller share takes a part of what a larger one takes.
 */
final class Shedding implements Admission {

    /** Other hashes of the id decide what is held out, for one. A sample by the same hash would be none of those. */
    private static final String SEED = "millrace shedding 1\n";

    private static final int UNUSED_BITS = Long.SIZE - 53;

    private final IngestSettings.Shedding settings;
    private final Backlog backlog;

    Shedding(IngestSettings.Shedding settings, Backlog backlog) {
        this.settings = settings;
        this.backlog = backlog;
    }

    @Override
    public boolean takes(String model, String id) {
        double share = share(backlog.behind(model));
        boolean taken = share >= 1 || place(model, id) < share;
        if (taken) {
            backlog.written(model);
        }
        return taken;
    }

    /** In doubt nothing is lost. */
    private double share(OptionalLong behind) {
        if (behind.isEmpty() || behind.getAsLong() <= settings.aboveLag()) {
            return 1;
        }
        return Math.max(settings.keepAtLeast(), 2 - (double) behind.getAsLong() / settings.aboveLag());
    }

    /** The place of an example, from 0 to below 1: it is taken where the share is above that. */
    static double place(String model, String id) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            byte[] digest = sha.digest((SEED + model + '\n' + id).getBytes(StandardCharsets.UTF_8));
            return (ByteBuffer.wrap(digest).getLong() >>> UNUSED_BITS) * 0x1p-53;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
