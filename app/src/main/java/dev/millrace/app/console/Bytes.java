package dev.millrace.app.console;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Bytes that came from anybody, as people can read them. */
final class Bytes {

    private static final int LINE = 16;

    private Bytes() {}

    /** The text that the bytes are in UTF-8; empty where they are none. */
    static Optional<String> text(byte[] bytes) {
        try {
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }

    /** The beginning of the bytes, in one line. */
    static String glimpse(byte @Nullable [] bytes, int most) {
        if (bytes == null) {
            return "(null)";
        }
        if (bytes.length == 0) {
            return "(empty)";
        }
        // A character of UTF-8 has four bytes at most.
        String text = new String(bytes, 0, Math.min(bytes.length, 4 * most), StandardCharsets.UTF_8);
        String line = text.replaceAll("\\s+", " ");
        return line.length() <= most ? line : line.substring(0, most - 1) + "…";
    }

    /** The beginning of the bytes in hexadecimal, sixteen a line. */
    static String hex(byte[] bytes, int most) {
        StringBuilder dump = new StringBuilder();
        HexFormat format = HexFormat.ofDelimiter(" ");
        for (int from = 0; from < Math.min(bytes.length, most); from += LINE) {
            byte[] line = Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + LINE));
            dump.append(String.format("%08x  %-47s  ", from, format.formatHex(line)));
            for (byte one : line) {
                dump.append(one >= ' ' && one <= '~' ? (char) one : '.');
            }
            dump.append('\n');
        }
        return dump.toString();
    }
}
