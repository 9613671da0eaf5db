package dev.millrace.registry;

import java.io.IOException;
import java.time.Duration;
import java.util.function.Predicate;

/**
 * An artifact store from which what nobody needs can be removed.
 *
 * <p>A file is put before the version that names it is published, so {@code olderThan} must be longer than any writer takes
 * from the one to the other; an hour is ample. A put of content that is here already makes it young again, so a file that
 * somebody puts while it is being swept stays, or that put fails and says so.
 */
public interface SweptStore extends ArtifactStore {

    /**
     * Removes what nobody needs: leftovers of writers that crashed, and files that no version needs.
     *
     * @param unneeded whether a file may go, by its SHA-256; see {@link Retention}
     * @param olderThan the age, since it was last put, from which a file may be removed
     * @return what was removed
     * @throws IOException when the store cannot be read or a file cannot be deleted; the rest then stays
     */
    Swept sweep(Predicate<String> unneeded, Duration olderThan) throws IOException;

    /**
     * What {@link #sweep} would remove now.
     *
     * @param unneeded whether a file may go, by its SHA-256
     * @param olderThan the age, since it was last put, from which a file may be removed
     * @return how much that is
     * @throws IOException when the store cannot be read
     */
    Swept sweepable(Predicate<String> unneeded, Duration olderThan) throws IOException;
}
