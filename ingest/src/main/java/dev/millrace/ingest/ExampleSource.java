package dev.millrace.ingest;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.OptionalLong;
import java.util.Random;

/**
 * A file of examples, read as the values of records for {@code examples}.
 *
 * <p>CSV and TSV rows become JSON objects: the columns of text and label by the names given, and {@code id}, {@code model},
 * {@code time}, {@code source} and {@code weight} where there are such columns and the row fills them. Lines of JSON go on
 * to the byte, so that what is wrong with them is seen where all records are judged; only when text or label have other
 * names are they written anew, and a line that cannot be is sent as it is.
 *
 * <p>{@link #next} throws {@link java.io.UncheckedIOException} when reading fails half way. Not safe for use by several
 * threads.
 */
public final class ExampleSource implements Iterator<byte[]>, AutoCloseable {

    private final Iterator<byte[]> values;
    private final CountedInput input;
    private final OptionalLong totalBytes;
    private final OptionalLong count;

    private ExampleSource(Iterator<byte[]> values, CountedInput input, OptionalLong totalBytes, OptionalLong count) {
        this.values = values;
        this.input = input;
        this.totalBytes = totalBytes;
        this.count = count;
    }

    /**
     * Opens a file, whose name tells its format.
     *
     * @param file the file
     * @param columns the columns of text and label
     * @return a source at its beginning
     * @throws SourceFormatException if the name tells no format, or a column is missing
     * @throws IOException if the file cannot be read
     */
    public static ExampleSource open(Path file, Columns columns) throws IOException {
        ExampleFormat format = ExampleFormat.of(file);
        if (!Files.exists(file)) {
            throw new SourceFormatException("there is no file " + file);
        }
        if (Files.isDirectory(file)) {
            throw new SourceFormatException(file + " is a folder; name a file in it");
        }
        return open(Files.newInputStream(file), format, columns, file.toString(), OptionalLong.of(Files.size(file)));
    }

    /**
     * Opens a stream, such as standard input.
     *
     * @param in the stream; closed with the source
     * @param format its format
     * @param columns the columns of text and label
     * @return a source at its beginning
     * @throws SourceFormatException if a column is missing
     * @throws IOException if the stream cannot be read
     */
    public static ExampleSource open(InputStream in, ExampleFormat format, Columns columns) throws IOException {
        return open(in, format, columns, "the input", OptionalLong.empty());
    }

    private static ExampleSource open(
            InputStream in, ExampleFormat format, Columns columns, String name, OptionalLong totalBytes)
            throws IOException {
        CountedInput input = new CountedInput(new BufferedInputStream(in, 1 << 16));
        try {
            Iterator<byte[]> values = switch (format) {
                case CSV, TSV -> new TableReader(input, format, columns, name);
                case JSON_LINES -> new JsonLinesReader(input, columns, name);
            };
            return new ExampleSource(values, input, totalBytes, OptionalLong.empty());
        } catch (IOException | RuntimeException e) {
            try (input) {
                throw e;
            }
        }
    }

    /**
     * The rest of this source, read into memory to know how much it is.
     *
     * @return a source that knows its count; closing it closes this one
     */
    public ExampleSource counted() {
        List<byte[]> all = new ArrayList<>();
        values.forEachRemaining(all::add);
        return new ExampleSource(all.iterator(), input, totalBytes, OptionalLong.of(all.size()));
    }

    /**
     * The rest of this source in an order drawn from a seed, the same on every machine. Reads all of it into memory.
     *
     * @param seed the seed
     * @return a source that knows its count; closing it closes this one
     */
    public ExampleSource shuffled(long seed) {
        List<byte[]> all = new ArrayList<>();
        values.forEachRemaining(all::add);
        Collections.shuffle(all, new Random(seed));
        return new ExampleSource(all.iterator(), input, totalBytes, OptionalLong.of(all.size()));
    }

    /**
     * The first values of the rest of this source.
     *
     * @param most how many at most, at least 1
     * @return a source that ends there; closing it closes this one
     */
    public ExampleSource limited(long most) {
        if (most < 1) {
            throw new IllegalArgumentException("most must be >= 1, but is " + most);
        }
        Iterator<byte[]> first = new Iterator<>() {
            private long left = most;

            @Override
            public boolean hasNext() {
                return left > 0 && values.hasNext();
            }

            @Override
            public byte[] next() {
                if (left == 0) {
                    throw new NoSuchElementException("the limit of " + most + " values is reached");
                }
                left--;
                return values.next();
            }
        };
        OptionalLong shortened = count.isPresent() ? OptionalLong.of(Math.min(most, count.getAsLong())) : count;
        return new ExampleSource(first, input, totalBytes, shortened);
    }

    @Override
    public boolean hasNext() {
        return values.hasNext();
    }

    @Override
    public byte[] next() {
        return values.next();
    }

    /**
     * How many values there are in all.
     *
     * @return the count, where it is known without reading on
     */
    public OptionalLong count() {
        return count;
    }

    /**
     * How much was read so far; a little ahead of what {@link #next} gave.
     *
     * @return bytes of the file
     */
    public long bytesRead() {
        return input.count();
    }

    /**
     * How large the file is.
     *
     * @return bytes, unknown for a stream
     */
    public OptionalLong totalBytes() {
        return totalBytes;
    }

    @Override
    public void close() throws IOException {
        input.close();
    }
}
