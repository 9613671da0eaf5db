package dev.millrace.ingest;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The id of an example whose producer gave none: the SHA-256 of its model, text and label.
 *
 * <p>Each part is preceded by its length, so that no two contents share an encoding.
 */
final class ContentId {

    private ContentId() {}

    static String of(String model, String text, String label) {
        MessageDigest digest = sha256();
        for (String part : new String[] {model, text, label}) {
            byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
            digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
            digest.update(bytes);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
