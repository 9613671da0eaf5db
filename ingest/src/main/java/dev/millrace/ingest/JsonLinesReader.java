package dev.millrace.ingest;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** The lines of a file as record values, blank ones left out. */
final class JsonLinesReader implements Iterator<byte[]> {

    private static final int LONGEST_LINE = 64 * 1024 * 1024;

    private final InputStream in;
    private final @Nullable FieldRenaming renaming;
    private final String name;
    private final byte[] buffer = new byte[1 << 16];
    private int position;
    private int limit;
    private long line;
    private byte @Nullable [] next;

    JsonLinesReader(InputStream in, Columns columns, String name) throws IOException {
        this.in = in;
        this.renaming = columns.equals(Columns.DEFAULT) ? null : new FieldRenaming(columns);
        this.name = name;
        this.next = read();
        if (next != null && new String(next, StandardCharsets.UTF_8).strip().equals("[")) {
            throw new SourceFormatException(
                    name + " is one JSON array; JSON lines are needed, one object a line (jq -c '.[]' makes them)");
        }
    }

    @Override
    public boolean hasNext() {
        return next != null;
    }

    @Override
    public byte[] next() {
        byte[] value = next;
        if (value == null) {
            throw new NoSuchElementException();
        }
        try {
            next = read();
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
        return renaming == null ? value : renaming.apply(value);
    }

    private byte @Nullable [] read() throws IOException {
        byte[] bytes;
        do {
            bytes = readLine();
        } while (bytes != null && isBlank(bytes));
        return bytes;
    }

    private byte @Nullable [] readLine() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream(256);
        line++;
        while (true) {
            if (position == limit) {
                position = 0;
                limit = Math.max(in.read(buffer, 0, buffer.length), 0);
                if (limit == 0) {
                    return out.size() == 0 ? null : trimmed(out.toByteArray());
                }
            }
            int end = position;
            while (end < limit && buffer[end] != '\n') {
                end++;
            }
            out.write(buffer, position, end - position);
            position = Math.min(end + 1, limit);
            if (end < limit) {
                return trimmed(out.toByteArray());
            }
            if (out.size() > LONGEST_LINE) {
                throw new SourceFormatException("line " + line + " of " + name + " is longer than " + LONGEST_LINE
                        + " bytes; JSON lines are needed, one object a line");
            }
        }
    }

    /** Without what Windows adds: the carriage return at the end, the byte order mark at the file's beginning. */
    private byte[] trimmed(byte[] bytes) {
        int from = line == 1
                        && bytes.length >= 3
                        && bytes[0] == (byte) 0xEF
                        && bytes[1] == (byte) 0xBB
                        && bytes[2] == (byte) 0xBF
                ? 3
                : 0;
        int to = bytes.length > from && bytes[bytes.length - 1] == '\r' ? bytes.length - 1 : bytes.length;
        return from == 0 && to == bytes.length ? bytes : Arrays.copyOfRange(bytes, from, to);
    }

    private static boolean isBlank(byte[] bytes) {
        for (byte b : bytes) {
            if (b != ' ' && b != '\t') {
                return false;
            }
        }
        return true;
    }
}
