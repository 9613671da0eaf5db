package dev.millrace.registry;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A disk that knows what a power cut may take. It promises what POSIX does and no more: content is durable once the file
 * was forced, a name is once its folder was. Each effect that is not durable yet survives or not as the dice fall.
 *
 * <p>Works on a real folder, so that files can be read behind its back. For one thread.
 */
public final class SimulatedDisk implements Disk {

    private static final int BYTES_A_WRITE = 1 << 20;

    private static final class Node {
        private final boolean folder;
        private Path bytes;
        private boolean forced;
        private @Nullable String sha256;

        Node(boolean folder, Path bytes) {
            this.folder = folder;
            this.bytes = bytes;
            this.forced = folder;
        }
    }

    private final Faults faults;
    private final Path temporary;
    private Path root;
    private int moved;
    private int powerCuts;

    /** What a process sees, and what is sure to be there after a power cut; by path below the root. */
    private Map<Path, Node> seen = new LinkedHashMap<>();

    private Map<Path, Node> durable = new LinkedHashMap<>();

    /**
     * An empty disk.
     *
     * @param temporary a real folder for its files, empty
     */
    public SimulatedDisk(Path temporary, Faults faults) throws IOException {
        this.temporary = temporary.toRealPath();
        this.faults = faults;
        this.root = Files.createDirectory(this.temporary.resolve("disk-0"));
    }

    /** The store on this disk, opened anew as a process does that has just started. */
    public FolderArtifactStore store(Clock clock) throws IOException {
        return FolderArtifactStore.open(root.resolve("store"), clock, this);
    }

    /** Whether a file is there, whole. */
    public boolean holds(Artifact artifact) throws IOException {
        Node file = seen.get(path(artifact));
        return file != null && isWhole(artifact, file);
    }

    /** Whether a file would be there, whole, after a power cut right now. */
    public boolean holdsDurably(Artifact artifact) throws IOException {
        Path path = path(artifact);
        Node file = durable.get(path);
        if (file == null || !file.forced || !isWhole(artifact, file)) {
            return false;
        }
        for (Path folder = path.getParent(); folder != null; folder = folder.getParent()) {
            if (!durable.containsKey(folder)) {
                return false;
            }
        }
        return true;
    }

    private Path path(Artifact artifact) {
        return Path.of("store").resolve(artifact.uri());
    }

    private static boolean isWhole(Artifact artifact, Node file) throws IOException {
        if (file.sha256 == null) {
            MessageDigest digest = DigestingFile.newSha256();
            file.sha256 = HexFormat.of().formatHex(digest.digest(Files.readAllBytes(file.bytes)));
        }
        return file.sha256.equals(artifact.sha256());
    }

    /** What is left of the disk by whatever has just killed the process, before the next one starts. */
    public void recover() throws IOException {
        Faults.Fault death = faults.death();
        if (death != null && death.kind() == Faults.Kind.POWER_CUT) {
            cutPower();
        }
    }

    /** The disk as it may be found after a power cut. */
    void cutPower() throws IOException {
        Path found = Files.createDirectory(temporary.resolve("disk-" + ++powerCuts));
        Set<Path> names = new LinkedHashSet<>(durable.keySet());
        names.addAll(seen.keySet());
        Map<Path, Node> survived = new LinkedHashMap<>();
        for (Path name : names) {
            Node node = seen.get(name) == durable.get(name) || faults.dice().nextBoolean()
                    ? seen.get(name)
                    : durable.get(name);
            if (node != null) {
                survived.put(name, node);
            }
        }
        survived.keySet().removeIf(name -> !survivedWithParents(name, survived.keySet()));
        Map<Path, Node> left = new LinkedHashMap<>();
        // Folders first, those above before those below.
        survived.entrySet().stream()
                .sorted((a, b) ->
                        Integer.compare(a.getKey().getNameCount(), b.getKey().getNameCount()))
                .forEach(entry -> left.put(entry.getKey(), left(entry.getValue(), found.resolve(entry.getKey()))));
        delete(root, seen);
        root = found;
        seen = left;
        durable = new LinkedHashMap<>(left);
    }

    private static boolean survivedWithParents(Path name, Set<Path> survived) {
        for (Path path = name; path != null; path = path.getParent()) {
            if (!survived.contains(path)) {
                return false;
            }
        }
        return true;
    }

    private Node left(Node node, Path at) {
        try {
            Node left = new Node(node.folder, at);
            left.forced = true;
            if (node.folder) {
                Files.createDirectory(at);
            } else {
                Files.copy(node.bytes, at);
                if (!node.forced) {
                    tear(at);
                }
            }
            return left;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Leaves some beginning of the content, with or without zeros where the rest was. */
    private void tear(Path file) throws IOException {
        RandomGenerator dice = faults.dice();
        long size = Files.size(file);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate((long) (dice.nextDouble() * (size + 1)));
            if (size > 0 && dice.nextBoolean()) {
                channel.write(ByteBuffer.wrap(new byte[1]), size - 1);
            }
        }
    }

    private static void delete(Path root, Map<Path, Node> nodes) throws IOException {
        for (Map.Entry<Path, Node> node : nodes.entrySet()) {
            if (!node.getValue().folder) {
                Files.deleteIfExists(root.resolve(node.getKey()));
            }
        }
    }

    @Override
    public NewFile create(Path path) throws IOException {
        return perform("create a file", () -> {
            FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
            Node file = new Node(false, path);
            seen.put(name(path), file);
            return new OpenFile(file, channel);
        });
    }

    private final class OpenFile implements NewFile {

        private final Node file;
        private final FileChannel channel;
        private long next;

        OpenFile(Node file, FileChannel channel) {
            this.file = file;
            this.channel = channel;
        }

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            faults.requireAlive();
            if (channel.position() < next) {
                return channel.write(bytes);
            }
            next += BYTES_A_WRITE;
            return perform("write", () -> channel.write(bytes));
        }

        @Override
        public void force() throws IOException {
            perform("force a file", () -> {
                file.forced = true;
                return file;
            });
        }

        @Override
        public boolean isOpen() {
            return channel.isOpen();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    @Override
    public InputStream read(Path path) throws IOException {
        return perform("read a file", () -> Files.newInputStream(path));
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        perform("rename", () -> {
            Node file = seen.get(name(from));
            if (file == null) {
                throw new IOException("there is no " + from);
            }
            setAside(to);
            Files.move(from, to);
            file.bytes = to;
            seen.remove(name(from));
            seen.put(name(to), file);
            return file;
        });
    }

    @Override
    public void delete(Path path) throws IOException {
        perform("delete", () -> {
            setAside(path);
            return path;
        });
    }

    /** Keeps the bytes of what loses its name, for a power cut may bring the name back. */
    private void setAside(Path path) throws IOException {
        Node file = seen.remove(name(path));
        if (file != null) {
            file.bytes = Files.move(path, temporary.resolve("aside-" + ++moved));
            if (!durable.containsValue(file)) {
                Files.delete(file.bytes);
            }
        }
    }

    @Override
    public void setTime(Path path, Instant time) throws IOException {
        perform("set a time", () -> Files.setLastModifiedTime(path, FileTime.from(time)));
    }

    @Override
    public List<Path> list(Path folder) throws IOException {
        return perform("list", () -> new LocalDisk().list(folder));
    }

    @Override
    public void createFolder(Path path) throws IOException {
        perform("create a folder", () -> {
            Files.createDirectory(path);
            Node folder = new Node(true, path);
            seen.put(name(path), folder);
            return folder;
        });
    }

    @Override
    public void force(Path folder) throws IOException {
        perform("force a folder", () -> {
            if (!folder.startsWith(root)) {
                return folder;
            }
            Path parent = root.relativize(folder);
            durable.keySet().removeIf(name -> isIn(parent, name) && !seen.containsKey(name));
            seen.forEach((name, node) -> {
                if (isIn(parent, name)) {
                    durable.put(name, node);
                }
            });
            return folder;
        });
    }

    private boolean isIn(Path parent, Path name) {
        return root.resolve(parent).equals(root.resolve(name).getParent());
    }

    private Path name(Path path) {
        return root.relativize(path);
    }

    private <T> T perform(String operation, Faults.Effect<T, IOException> effect) throws IOException {
        return faults.perform(operation, effect, IOException::new);
    }
}
