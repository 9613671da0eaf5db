package dev.millrace.registry;

/** Whose versions are accepted. Thread-safe. */
public interface VersionTrust {

    /** Accepts every version, signed or not. */
    VersionTrust ANYONE = version -> {};

    /**
     * Returns if a version is accepted.
     *
     * @param version its record; all else about it is covered by the digests in there
     * @throws UntrustedVersionException if it is not, saying why and what to do
     */
    void require(VersionRecord version) throws UntrustedVersionException;
}
