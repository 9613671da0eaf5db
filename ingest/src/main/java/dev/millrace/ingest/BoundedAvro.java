package dev.millrace.ingest;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.Decoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.util.Utf8;

/**
 * Avro's binary form, read from memory: no length and no count in it is believed that is larger than what there is to read,
 * so that ten bytes cannot ask for two gigabytes.
 */
final class BoundedAvro extends Decoder {

    private final BinaryDecoder in;
    private final int bytes;

    BoundedAvro(byte[] value, int start) {
        this.in = DecoderFactory.get().binaryDecoder(value, start, value.length - start, null);
        this.bytes = value.length - start;
    }

    /** Whether everything was read. */
    boolean isAtEnd() throws IOException {
        return in.isEnd();
    }

    private long bounded(long count) {
        if (count < 0 || count > bytes) {
            throw new AvroRuntimeException("a length of " + count + " in a value of " + bytes + " bytes");
        }
        return count;
    }

    private byte[] block() throws IOException {
        byte[] block = new byte[(int) bounded(in.readLong())];
        in.readFixed(block);
        return block;
    }

    @Override
    public void readNull() throws IOException {
        in.readNull();
    }

    @Override
    public boolean readBoolean() throws IOException {
        return in.readBoolean();
    }

    @Override
    public int readInt() throws IOException {
        return in.readInt();
    }

    @Override
    public long readLong() throws IOException {
        return in.readLong();
    }

    @Override
    public float readFloat() throws IOException {
        return in.readFloat();
    }

    @Override
    public double readDouble() throws IOException {
        return in.readDouble();
    }

    @Override
    public Utf8 readString(Utf8 old) throws IOException {
        return new Utf8(block());
    }

    @Override
    public String readString() throws IOException {
        return new Utf8(block()).toString();
    }

    @Override
    public void skipString() throws IOException {
        block();
    }

    @Override
    public ByteBuffer readBytes(ByteBuffer old) throws IOException {
        return ByteBuffer.wrap(block());
    }

    @Override
    public void skipBytes() throws IOException {
        block();
    }

    @Override
    public void readFixed(byte[] block, int start, int length) throws IOException {
        bounded(length);
        in.readFixed(block, start, length);
    }

    @Override
    public void skipFixed(int length) throws IOException {
        in.skipFixed((int) bounded(length));
    }

    @Override
    public int readEnum() throws IOException {
        return in.readEnum();
    }

    @Override
    public long readArrayStart() throws IOException {
        return bounded(in.readArrayStart());
    }

    @Override
    public long arrayNext() throws IOException {
        return bounded(in.arrayNext());
    }

    @Override
    public long skipArray() throws IOException {
        return bounded(in.skipArray());
    }

    @Override
    public long readMapStart() throws IOException {
        return bounded(in.readMapStart());
    }

    @Override
    public long mapNext() throws IOException {
        return bounded(in.mapNext());
    }

    @Override
    public long skipMap() throws IOException {
        return bounded(in.skipMap());
    }

    @Override
    public int readIndex() throws IOException {
        return in.readIndex();
    }
}
