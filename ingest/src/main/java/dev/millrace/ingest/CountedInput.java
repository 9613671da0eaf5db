package dev.millrace.ingest;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicLong;

/** A stream that counts what was read from it, for the progress of whoever reads. */
final class CountedInput extends InputStream {

    private final InputStream in;
    private final AtomicLong count = new AtomicLong();

    CountedInput(InputStream in) {
        this.in = in;
    }

    long count() {
        return count.get();
    }

    @Override
    public int read() throws IOException {
        int b = in.read();
        count.addAndGet(b < 0 ? 0 : 1);
        return b;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int read = in.read(bytes, offset, length);
        count.addAndGet(Math.max(read, 0));
        return read;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
