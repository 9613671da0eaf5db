package dev.millrace.model;

import com.sun.management.ThreadMXBean;
import dev.millrace.model.SafetensorsHeader.Entry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/**
 * What a fuzzer may do to a safetensors file: it is refused with {@link SafetensorsException}, or each of its bytes
 * belongs to one tensor, and no more memory is asked for than the file has bytes to justify.
 *
 * <p>An input whose first byte is even is the rest of it as a file. Any other is a header, with the size of the data in
 * its second byte: the fuzzer need not find out the length that a header begins with.
 */
public final class SafetensorsFuzz {

    private static final Path FILE = Path.of("fuzzed.safetensors");
    private static final int HEADER_BEGINS = 2;
    private static final int ATTEMPTS = 8;

    /** What the fuzzer itself takes, some hundred kilobytes; far from what a header can claim, which is 100 MB. */
    private static final long BYTES_FOR_NOTHING = 4 << 20;

    /** The shortest entry has some 50 characters, from which an entry, its lists and their numbers are made. */
    private static final long BYTES_FOR_A_BYTE = 64;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private SafetensorsFuzz() {}

    /** One input; what it throws is a finding. */
    public static void fuzzerTestOneInput(byte[] input) throws IOException {
        byte[] file = file(input);
        long most = BYTES_FOR_NOTHING + BYTES_FOR_A_BYTE * file.length;
        long least = Long.MAX_VALUE;
        // Loading a class and whatever the fuzzer does on the way count as well, but not every time.
        for (int attempt = 0; attempt < ATTEMPTS && least > most; attempt++) {
            least = Math.min(least, allocated(file));
        }
        if (least > most) {
            throw new AssertionError(least + " bytes of memory for a file of " + file.length);
        }
    }

    private static long allocated(byte[] file) throws IOException {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        try {
            check(Safetensors.layout(FILE, new Bytes(ByteBuffer.wrap(file))), file.length);
        } catch (SafetensorsException expected) {
            if (!String.valueOf(expected.getMessage()).startsWith(FILE + ": ")) {
                throw new AssertionError("the message does not name the file", expected);
            }
        }
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    private static byte[] file(byte[] input) {
        if (input.length < HEADER_BEGINS || input[0] % 2 == 0) {
            return Arrays.copyOfRange(input, Math.min(1, input.length), input.length);
        }
        int header = input.length - HEADER_BEGINS;
        return ByteBuffer.allocate(Long.BYTES + header + Byte.toUnsignedInt(input[1]))
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header)
                .put(input, HEADER_BEGINS, header)
                .array();
    }

    private static void check(Safetensors.Layout layout, long size) {
        long next = 0;
        Set<String> names = new HashSet<>();
        for (Entry entry : layout.entries()) {
            if (entry.begin() != next || entry.end() < next || !names.add(entry.name())) {
                throw new AssertionError("accepted " + entry + " where the next byte is " + next);
            }
            next = entry.end();
        }
        if (next != layout.length() || layout.start() + layout.length() != size) {
            throw new AssertionError("accepted " + layout + " in a file of " + size + " bytes");
        }
    }

    /** A file in memory. */
    private record Bytes(ByteBuffer bytes) implements SeekableByteChannel {

        @Override
        public int read(ByteBuffer into) {
            if (!bytes.hasRemaining()) {
                return -1;
            }
            int length = Math.min(into.remaining(), bytes.remaining());
            into.put(bytes.slice(bytes.position(), length));
            bytes.position(bytes.position() + length);
            return length;
        }

        @Override
        public long position() {
            return bytes.position();
        }

        @Override
        public SeekableByteChannel position(long position) {
            bytes.position((int) position);
            return this;
        }

        @Override
        public long size() {
            return bytes.limit();
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {
            // There is nothing to close in memory.
        }

        @Override
        public int write(ByteBuffer from) {
            throw new NonWritableChannelException();
        }

        @Override
        public SeekableByteChannel truncate(long length) {
            throw new NonWritableChannelException();
        }
    }
}
