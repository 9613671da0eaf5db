package dev.millrace.ingest;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** A valid half on its way to the place where it may meet the other. */
record ArrivedHalf(HalfKind kind, RawRecord record) {

    byte[] bytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
        DataOutputStream out = new DataOutputStream(bytes);
        try {
            out.writeUTF(kind.word());
            record.writeTo(out);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return bytes.toByteArray();
    }

    static ArrivedHalf of(byte[] bytes) {
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        try {
            HalfKind kind = in.readUTF().equals(HalfKind.INPUT.word()) ? HalfKind.INPUT : HalfKind.LABEL;
            return new ArrivedHalf(kind, RawRecord.readFrom(in));
        } catch (IOException e) {
            throw new UncheckedIOException("a half of an example is cut short", e);
        }
    }
}
