package dev.millrace.registry;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Writes to a file, and knows the size and the digest of what was written. For one thread.
 *
 * <p>Closing it does nothing, so that a writer may close what it was given: the file belongs to who opened it.
 */
final class DigestingFile extends OutputStream {

    private final Disk.NewFile file;
    private final MessageDigest digest = newSha256();
    private final OutputStream out;
    private long size;

    DigestingFile(Disk.NewFile file) {
        this.file = file;
        this.out = new BufferedOutputStream(new DigestOutputStream(Channels.newOutputStream(file), digest), 1 << 16);
    }

    @Override
    public void write(int b) throws IOException {
        out.write(b);
        size++;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        out.write(bytes, offset, length);
        size += length;
    }

    @Override
    public void flush() throws IOException {
        out.flush();
    }

    /** Forces what was written to the disk; nothing may be written afterwards. */
    void makeDurable() throws IOException {
        out.flush();
        file.force();
    }

    long size() {
        return size;
    }

    /** The digest of everything, in hexadecimal; to be asked once, after {@link #makeDurable}. */
    String sha256() {
        return HexFormat.of().formatHex(digest.digest());
    }

    static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256, but this one", e);
        }
    }
}
