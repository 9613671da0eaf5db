package dev.millrace.registry;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/**
 * Makes what serves out of a version's files.
 *
 * @param <T> what serves; closed when another version has taken its place and its last use has ended
 */
public interface VersionLoader<T extends AutoCloseable> {

    /** Makes what serves out of files. */
    @FunctionalInterface
    interface FromFiles<T> {

        /**
         * Loads.
         *
         * @param filesByRole a local path for each role that there is
         * @return ready to serve
         * @throws Exception when it cannot be loaded
         */
        T load(Map<String, Path> filesByRole) throws Exception;
    }

    /**
     * A loader that needs nothing of a version but its files.
     *
     * @param <T> what serves
     * @param roles of the files that it reads
     * @param optionalRoles of those that it reads where a version has them
     * @param fromFiles loads
     * @return the loader
     */
    static <T extends AutoCloseable> VersionLoader<T> of(
            Set<String> roles, Set<String> optionalRoles, FromFiles<T> fromFiles) {
        Set<String> needed = Set.copyOf(roles);
        Set<String> welcome = Set.copyOf(optionalRoles);
        return new VersionLoader<>() {
            @Override
            public Set<String> roles() {
                return needed;
            }

            @Override
            public Set<String> optionalRoles() {
                return welcome;
            }

            @Override
            public T load(VersionRecord version, Map<String, Path> filesByRole) throws Exception {
                return fromFiles.load(filesByRole);
            }
        };
    }

    /**
     * The roles of the files that {@link #load} reads. Only these are fetched, so a service need not keep the training
     * state.
     *
     * @return names as in {@link Artifact#role()}; a version that lacks one of them is refused
     */
    Set<String> roles();

    /**
     * The roles of more files that {@link #load} reads where a version has them.
     *
     * @return names as in {@link Artifact#role()}; none by default
     */
    default Set<String> optionalRoles() {
        return Set.of();
    }

    /**
     * Loads a version, while the one before it goes on serving. It is called on the subscription's thread.
     *
     * @param version its record
     * @param filesByRole a local path for each of {@link #roles()}, and for those of {@link #optionalRoles()} that the
     *     version has; size and digest of each file were checked, and nobody else can change them. Valid during
     *     the call
     * @return ready to serve
     * @throws Exception when it cannot be loaded; the version is refused
     */
    T load(VersionRecord version, Map<String, Path> filesByRole) throws Exception;
}
