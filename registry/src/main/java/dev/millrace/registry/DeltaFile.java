package dev.millrace.registry;

import dev.millrace.registry.Likeness.Form;
import dev.millrace.registry.Likeness.Match;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;

/**
 * A file as what differs from another: its numbers XORed with those of the base, where the two match, and the rest as it is.
 *
 * <p>The file: eight bytes {@code MILLDLT1}; SHA-256 and size of the base; size of the content; the number of matches and
 * each match; then the differences, deflated. They are cut into pieces, and in each piece all first bytes of its numbers come
 * first, then all second bytes, and so on: near numbers agree in sign, exponent and leading fraction, so whole runs of the
 * last bytes are nearly zero and deflate well, while leading-zero bits between bytes of noise would not. Numbers in this file
 * itself are big-endian.
 */
final class DeltaFile {

    private static final long MAGIC = 0x4d494c4c444c5431L;
    private static final int MOST_MATCHES = 1_000_000;
    private static final int PIECE_NUMBERS = 1 << 18;

    /** What tells where bytes come from, one way or the other. */
    @FunctionalInterface
    private interface Pieces {
        void piece(long at, int count, int width, byte[] base) throws IOException;
    }

    private DeltaFile() {}

    /**
     * Writes a delta.
     *
     * @param content the file
     * @param base what it is like
     */
    static void write(OutputStream out, Path content, Path base, Likeness likeness) throws IOException {
        try (FileChannel from = FileChannel.open(content, StandardOpenOption.READ);
                FileChannel on = FileChannel.open(base, StandardOpenOption.READ)) {
            DataOutputStream header = new DataOutputStream(out);
            header.writeLong(MAGIC);
            header.write(HexFormat.of().parseHex(likeness.base().sha256()));
            header.writeLong(likeness.base().size());
            header.writeLong(from.size());
            header.writeInt(likeness.matches().size());
            for (Match match : likeness.matches()) {
                header.writeLong(match.at());
                header.writeLong(match.from());
                header.writeLong(match.count());
                header.writeByte(match.form().bytes());
            }
            header.flush();
            Deflater deflater = new Deflater(Deflater.BEST_SPEED);
            try {
                DeflaterOutputStream deflated = new DeflaterOutputStream(out, deflater, 1 << 16);
                inPieces(on, from.size(), likeness.matches(), (at, count, width, other) -> {
                    byte[] bytes = read(from, at, count * width);
                    xor(bytes, other);
                    deflated.write(inPlanes(bytes, width));
                });
                deflated.finish();
            } finally {
                deflater.end();
            }
        }
    }

    /**
     * Writes the file that a delta was made of.
     *
     * @param delta whose size and digest have been checked
     * @param base that it builds on, checked as well
     * @param artifact whose bytes they are to be
     * @throws ArtifactException when the delta is not one of that file on that base
     */
    static void restore(OutputStream out, Path delta, Path base, Artifact artifact, Delta kept) throws IOException {
        try (FileChannel on = FileChannel.open(base, StandardOpenOption.READ);
                InputStream file = Files.newInputStream(delta);
                DataInputStream header = new DataInputStream(new BufferedInputStream(file, 1 << 16))) {
            List<Match> matches = matches(header, artifact, kept);
            try (InputStream inflated = new InflaterInputStream(header)) {
                inPieces(on, artifact.size(), matches, (at, count, width, other) -> {
                    byte[] planes = inflated.readNBytes(count * width);
                    if (planes.length != count * width) {
                        throw broken(artifact, "it ends too early");
                    }
                    byte[] bytes = inNumbers(planes, width);
                    xor(bytes, other);
                    out.write(bytes);
                });
                if (inflated.read() >= 0) {
                    throw broken(artifact, "bytes follow its end");
                }
            }
        } catch (EOFException | ZipException | IllegalArgumentException e) {
            ArtifactException broken = broken(artifact, String.valueOf(e.getMessage()));
            broken.initCause(e);
            throw broken;
        }
    }

    private static List<Match> matches(DataInputStream header, Artifact artifact, Delta kept) throws IOException {
        if (header.readLong() != MAGIC) {
            throw broken(artifact, "it is no delta");
        }
        String baseSha256 = HexFormat.of().formatHex(header.readNBytes(32));
        long baseSize = header.readLong();
        long size = header.readLong();
        int count = header.readInt();
        if (!baseSha256.equals(kept.baseSha256()) || baseSize != kept.baseSize() || size != artifact.size()) {
            throw broken(artifact, "it makes another file, or builds on another one, than its record says");
        }
        if (count < 0 || count > MOST_MATCHES) {
            throw broken(artifact, "it claims " + count + " matches");
        }
        List<Match> matches = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long at = header.readLong();
            long from = header.readLong();
            long numbers = header.readLong();
            Form form = switch (header.readUnsignedByte()) {
                case Float.BYTES -> Form.FLOAT32;
                case Short.BYTES -> Form.BFLOAT16;
                default -> throw broken(artifact, "it has numbers of an unknown form");
            };
            matches.add(new Match(at, from, numbers, form));
        }
        Likeness.requireOrder(matches);
        return matches;
    }

    private static ArtifactException broken(Artifact artifact, String what) {
        return new ArtifactException("the delta of artifact '" + artifact.role() + "' is damaged: " + what);
    }

    private static void inPieces(FileChannel base, long size, List<Match> matches, Pieces pieces) throws IOException {
        long at = 0;
        for (Match match : matches) {
            if (match.end() > size || match.from() + match.count() * Float.BYTES > base.size()) {
                throw new IllegalArgumentException("a match passes the end of a file");
            }
            literally(at, match.at(), pieces);
            int width = match.form().bytes();
            for (long done = 0; done < match.count(); done += PIECE_NUMBERS) {
                int count = (int) Math.min(PIECE_NUMBERS, match.count() - done);
                byte[] other = read(base, match.from() + done * Float.BYTES, count * Float.BYTES);
                pieces.piece(
                        match.at() + done * width,
                        count,
                        width,
                        match.form() == Form.BFLOAT16 ? rounded(other) : other);
            }
            at = match.end();
        }
        literally(at, size, pieces);
    }

    private static void literally(long from, long to, Pieces pieces) throws IOException {
        for (long at = from; at < to; at += PIECE_NUMBERS) {
            pieces.piece(at, (int) Math.min(PIECE_NUMBERS, to - at), 1, new byte[0]);
        }
    }

    private static byte[] read(FileChannel channel, long at, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, at + bytes.position()) < 0) {
                throw new EOFException("the file is shorter than it was");
            }
        }
        return bytes.array();
    }

    private static void xor(byte[] bytes, byte[] other) {
        for (int i = 0; i < other.length; i++) {
            bytes[i] ^= other[i];
        }
    }

    /** Float32 as the nearest bfloat16, ties to even. The files are the same whatever this does, so NaN needs no care. */
    private static byte[] rounded(byte[] floats) {
        ByteBuffer wide = ByteBuffer.wrap(floats).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer narrow = ByteBuffer.allocate(floats.length / 2).order(ByteOrder.LITTLE_ENDIAN);
        while (wide.hasRemaining()) {
            int bits = wide.getInt();
            narrow.putShort((short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16));
        }
        return narrow.array();
    }

    private static byte[] inPlanes(byte[] numbers, int width) {
        byte[] planes = new byte[numbers.length];
        int count = numbers.length / width;
        for (int plane = 0; plane < width; plane++) {
            for (int i = 0; i < count; i++) {
                planes[plane * count + i] = numbers[i * width + plane];
            }
        }
        return planes;
    }

    private static byte[] inNumbers(byte[] planes, int width) {
        byte[] numbers = new byte[planes.length];
        int count = planes.length / width;
        for (int plane = 0; plane < width; plane++) {
            for (int i = 0; i < count; i++) {
                numbers[i * width + plane] = planes[plane * count + i];
            }
        }
        return numbers;
    }
}
