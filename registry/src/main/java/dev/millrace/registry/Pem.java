package dev.millrace.registry;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** The textual encoding of keys (RFC 7468). */
final class Pem {

    static final String PRIVATE_KEY = "PRIVATE KEY";
    static final String PUBLIC_KEY = "PUBLIC KEY";

    private static final int LINE = 64;
    private static final Pattern BLOCK = Pattern.compile("-----BEGIN ([^-]+)-----([^-]*)-----END \\1-----");
    private static final Pattern BEGINNING = Pattern.compile("-----BEGIN ");

    private Pem() {}

    static String write(String kind, byte[] der) {
        return "-----BEGIN " + kind + "-----\n"
                + Base64.getMimeEncoder(LINE, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + kind
                + "-----\n";
    }

    /**
     * The blocks of a file, none of which may be of another kind.
     *
     * @param file in ISO 8859-1; what stands between blocks is ignored
     * @param kind {@link #PRIVATE_KEY} or {@link #PUBLIC_KEY}
     * @return the bytes of each, at least one
     * @throws KeyFileException if the file is missing, has none of this kind, one of another, or a broken one
     */
    static List<byte[]> read(Path file, String kind) throws IOException {
        String text;
        try {
            text = Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            throw new KeyFileException("there is no key file " + file, e);
        }
        List<byte[]> blocks = new ArrayList<>();
        for (MatchResult block : BLOCK.matcher(text).results().toList()) {
            if (!block.group(1).equals(kind)) {
                throw new KeyFileException(
                        file + " holds a " + block.group(1) + ", but a " + kind + " is wanted here", null);
            }
            blocks.add(decode(file, block.group(2)));
        }
        if (blocks.isEmpty()) {
            throw new KeyFileException(
                    file + " holds no key; one begins with the line -----BEGIN " + kind + "-----", null);
        }
        if (BEGINNING.matcher(text).results().count() != blocks.size()) {
            throw new KeyFileException(file + " holds a key that begins and does not end; copy it again", null);
        }
        return blocks;
    }

    private static byte[] decode(Path file, String base64) throws KeyFileException {
        try {
            return Base64.getDecoder().decode(base64.replaceAll("\\s", ""));
        } catch (IllegalArgumentException e) {
            throw new KeyFileException(file + " holds a key that is not Base64; copy it again", e);
        }
    }
}
