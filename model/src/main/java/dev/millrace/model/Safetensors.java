package dev.millrace.model;

import dev.millrace.model.SafetensorsHeader.Entry;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Tensors in files, in the safetensors format: eight bytes that say how long the header is, the header as JSON, and the
 * tensors' bytes one after the other.
 *
 * <p>The reader believes nothing: each claim of the header is checked against the size of the file before memory is asked
 * for, and what the format forbids is refused with a {@link SafetensorsException}. Stateless, so safe for use by several
 * threads.
 */
public final class Safetensors {

    private static final int LENGTH_BYTES = Long.BYTES;
    private static final int CHUNK_BYTES = 1 << 16;

    private Safetensors() {}

    /**
     * Writes a file. The same arguments give the same bytes.
     *
     * @param out where to; neither flushed nor closed
     * @param tensors in the order in which their bytes are to lie
     * @param metadata free text by key; written sorted by key, and not at all when empty
     * @throws IllegalArgumentException when two tensors have one name, when a name is {@code __metadata__} or is no valid
     *     Unicode, or when the header would pass 100 MB; nothing is written then
     * @throws IOException when {@code out} fails
     */
    public static void write(OutputStream out, List<Tensor> tensors, Map<String, String> metadata) throws IOException {
        byte[] header = SafetensorsHeader.of(tensors, metadata).toBytes();
        out.write(ByteBuffer.allocate(LENGTH_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .array());
        out.write(header);
        byte[] chunk = new byte[CHUNK_BYTES];
        for (Tensor tensor : tensors) {
            ByteBuffer data = tensor.data();
            while (data.hasRemaining()) {
                int length = Math.min(chunk.length, data.remaining());
                data.get(chunk, 0, length);
                out.write(chunk, 0, length);
            }
        }
    }

    /**
     * Where the bytes of each tensor begin in the file that {@link #write} makes.
     *
     * @param tensors in the order in which their bytes lie
     * @param metadata free text by key
     * @return the position by the name of the tensor, in the same order
     */
    public static Map<String, Long> positions(List<Tensor> tensors, Map<String, String> metadata) {
        Map<String, Long> positions = new LinkedHashMap<>();
        long position =
                (long) LENGTH_BYTES + SafetensorsHeader.of(tensors, metadata).toBytes().length;
        for (Tensor tensor : tensors) {
            positions.put(tensor.name(), position);
            position += tensor.data().remaining();
        }
        return positions;
    }

    /**
     * Opens a file. The tensors are views of the file mapped into memory: nothing is copied, and the file must not be
     * changed or cut as long as one of them is in use (deleting it is harmless where the system admits it). Files over 2
     * GiB are admitted; a single tensor over 2 GiB is not.
     *
     * @param file which one
     * @return its metadata and its tensors, in the order of their bytes
     * @throws SafetensorsException when the file breaks a rule of the format
     * @throws IOException when the file cannot be read
     */
    public static SafetensorsFile read(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            Layout layout = layout(file, channel);
            return new SafetensorsFile(layout.metadata(), mapped(channel, layout));
        }
    }

    /**
     * What a file says of itself once every rule has been checked: the entries cover its data exactly, each byte once.
     *
     * @param entries in the order of their bytes
     * @param start where the data begins in the file
     * @param length of the data, in bytes
     */
    record Layout(Map<String, String> metadata, List<Entry> entries, long start, long length) {}

    /**
     * Checks a file without looking at its data; asks for memory in proportion to the header that is really there.
     *
     * @param file named in messages
     * @param channel to read it from
     */
    static Layout layout(Path file, SeekableByteChannel channel) throws IOException {
        long size = channel.size();
        if (size < LENGTH_BYTES) {
            throw new SafetensorsException(
                    file, "the file must start with " + LENGTH_BYTES + " bytes of length, but has " + size);
        }
        long headerLength = fully(channel, 0, LENGTH_BYTES).getLong();
        if (headerLength < 0 || headerLength > SafetensorsHeader.MAX_BYTES) {
            throw new SafetensorsException(
                    file,
                    "the header must have at most " + SafetensorsHeader.MAX_BYTES + " bytes, but claims "
                            + Long.toUnsignedString(headerLength));
        }
        long start = LENGTH_BYTES + headerLength;
        if (start > size) {
            throw new SafetensorsException(
                    file,
                    "the header claims " + headerLength + " bytes, but only " + (size - LENGTH_BYTES) + " follow");
        }
        SafetensorsHeader header = SafetensorsHeaderReader.read(file, fully(channel, LENGTH_BYTES, (int) headerLength));
        return new Layout(header.metadata(), inOrder(file, header.entries(), size - start), start, size - start);
    }

    /** The entries by their place, once it is certain that they cover the data exactly, each byte once. */
    private static List<Entry> inOrder(Path file, List<Entry> entries, long dataLength) throws SafetensorsException {
        List<Entry> sorted = new ArrayList<>(entries);
        sorted.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        long expected = 0;
        for (Entry entry : sorted) {
            checkSize(file, entry);
            if (entry.begin() != expected) {
                throw broken(
                        file,
                        entry,
                        "its bytes must start where those before end, at " + expected + ", but "
                                + (entry.begin() < expected ? "overlap them" : "leave a hole")
                                + " and start at " + entry.begin());
            }
            if (entry.end() > dataLength) {
                throw broken(file, entry, "its bytes end at " + entry.end() + ", but the file's data at " + dataLength);
            }
            expected = entry.end();
        }
        if (expected != dataLength) {
            throw new SafetensorsException(
                    file, "the tensors end at " + expected + " bytes, but the file's data at " + dataLength);
        }
        return sorted;
    }

    private static void checkSize(Path file, Entry entry) throws SafetensorsException {
        if (entry.end() < entry.begin()) {
            throw broken(file, entry, "its bytes end at " + entry.end() + ", before they start at " + entry.begin());
        }
        long bytes = entry.type().bytes();
        try {
            for (long dimension : entry.shape()) {
                bytes = Math.multiplyExact(bytes, dimension);
            }
        } catch (ArithmeticException e) {
            throw new SafetensorsException(file, named(entry) + "shape " + entry.shape() + " is too large", e);
        }
        if (bytes != entry.end() - entry.begin()) {
            throw broken(
                    file,
                    entry,
                    "shape " + entry.shape() + " of " + entry.type() + " needs " + bytes + " bytes, but data_offsets ["
                            + entry.begin() + ", " + entry.end() + "] hold " + (entry.end() - entry.begin()));
        }
        if (bytes > Integer.MAX_VALUE) {
            throw broken(file, entry, "a tensor must have less than 2 GiB, but this has " + bytes + " bytes");
        }
    }

    private static List<Tensor> mapped(FileChannel channel, Layout layout) throws IOException {
        // One buffer ends at 2 GiB; a longer file is mapped tensor by tensor.
        ByteBuffer whole = layout.length() <= Integer.MAX_VALUE
                ? channel.map(MapMode.READ_ONLY, layout.start(), layout.length())
                : ByteBuffer.allocate(0);
        List<Tensor> tensors = new ArrayList<>(layout.entries().size());
        for (Entry entry : layout.entries()) {
            int length = (int) (entry.end() - entry.begin());
            ByteBuffer data = layout.length() <= Integer.MAX_VALUE
                    ? whole.slice((int) entry.begin(), length)
                    : channel.map(MapMode.READ_ONLY, layout.start() + entry.begin(), length);
            tensors.add(new Tensor(entry.name(), entry.type(), entry.shape(), data));
        }
        return tensors;
    }

    private static ByteBuffer fully(SeekableByteChannel channel, long position, int length) throws IOException {
        channel.position(position);
        ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new EOFException("the file was cut while it was read");
            }
        }
        return buffer.flip();
    }

    private static SafetensorsException broken(Path file, Entry entry, String rule) {
        return new SafetensorsException(file, named(entry) + rule);
    }

    private static String named(Entry entry) {
        return "tensor " + SafetensorsHeaderReader.quoted(entry.name()) + ": ";
    }
}
