package dev.millrace.registry;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;

/**
 * Keeps the files of versions under the digest of their content.
 *
 * <p>A file is durable before {@link #put} returns, and the same content is kept once. Implementations are thread-safe.
 */
public interface ArtifactStore {

    /** Writes the content of an artifact. */
    @FunctionalInterface
    interface Content {

        /**
         * Writes all of it. Must write the same bytes each time.
         *
         * @param out where to; closed by the caller
         * @throws IOException when {@code out} fails
         */
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * Stores a file.
     *
     * @param role what it is for
     * @param content its bytes
     * @return its record, durable now
     * @throws IOException when it could not be made durable; nothing is then visible under its digest
     */
    Artifact put(String role, Content content) throws IOException;

    /**
     * Stores a file that resembles another, which a store may use to keep it in fewer bytes.
     *
     * @param role what it is for
     * @param content its bytes
     * @param likeness what it resembles
     * @return its record, durable now
     * @throws IOException when it could not be made durable
     */
    default Artifact put(String role, Content content, Likeness likeness) throws IOException {
        return put(role, content);
    }

    /**
     * A file whose size and digest have been checked.
     *
     * @param artifact which one
     * @return a local path to read it from, valid as long as the store
     * @throws ArtifactException when it is gone, or when its bytes are not those of the digest
     * @throws IOException when reading failed
     */
    Path fetch(Artifact artifact) throws IOException;

    /**
     * Forgets a file; does nothing when it is gone already.
     *
     * @param artifact which one
     * @throws IOException when it could not be deleted
     */
    void delete(Artifact artifact) throws IOException;
}
