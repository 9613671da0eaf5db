package dev.millrace.ingest;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What has come of an example that comes in two halves. Immutable.
 *
 * @param since the stream's time when the first half came, in milliseconds since 1970
 * @param examples how many were made of it: none while a half is missing, more than one when its label was corrected
 * @param input the text, or null while it is missing
 * @param label the label that counts, or null while it is missing; one of the two is there
 */
record Pair(
        long since,
        int examples,
        @Nullable RawRecord input,
        @Nullable RawRecord label) {

    private static final int FORMAT = 1;

    static Pair begun(long since, HalfKind kind, RawRecord half) {
        return new Pair(since, 0, null, null).with(kind, half);
    }

    /** With this half, in the place of what was there. */
    Pair with(HalfKind kind, @Nullable RawRecord half) {
        return kind == HalfKind.INPUT ? new Pair(since, examples, half, label) : new Pair(since, examples, input, half);
    }

    Pair withOneMoreExample() {
        return new Pair(since, examples + 1, input, label);
    }

    @Nullable RawRecord half(HalfKind kind) {
        return kind == HalfKind.INPUT ? input : label;
    }

    /** Of both halves, which must be there. */
    long latestTimestamp() {
        return Math.max(
                Objects.requireNonNull(input).timestamp(),
                Objects.requireNonNull(label).timestamp());
    }

    byte[] bytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
        DataOutputStream out = new DataOutputStream(bytes);
        try {
            out.writeByte(FORMAT);
            out.writeLong(since);
            out.writeInt(examples);
            write(out, input);
            write(out, label);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return bytes.toByteArray();
    }

    static Pair of(byte[] bytes) {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        try {
            int format = in.readUnsignedByte();
            if (format != FORMAT) {
                throw new IllegalStateException("the state of late labels has format " + format
                        + ", which a newer release of Millrace may have written; this one knows " + FORMAT);
            }
            return new Pair(in.readLong(), in.readInt(), read(in), read(in));
        } catch (IOException e) {
            throw new UncheckedIOException("the state of late labels is cut short", e);
        }
    }

    private static void write(DataOutputStream out, @Nullable RawRecord half) throws IOException {
        out.writeBoolean(half != null);
        if (half != null) {
            half.writeTo(out);
        }
    }

    private static @Nullable RawRecord read(DataInputStream in) throws IOException {
        return in.readBoolean() ? RawRecord.readFrom(in) : null;
    }
}
