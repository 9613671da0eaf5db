package dev.millrace.registry;

/**
 * A version and what serves it. The two belong together for as long as the lease lasts.
 *
 * @param <T> what serves
 */
public interface Served<T> {

    /**
     * Which version it is.
     *
     * @return its record
     */
    VersionRecord version();

    /**
     * What serves it.
     *
     * @return what the loader made of the version; not to be closed by who uses it, nor used after the lease
     */
    T value();
}
