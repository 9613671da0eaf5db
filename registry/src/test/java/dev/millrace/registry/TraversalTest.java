package dev.millrace.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever stands in a record, nothing outside of the store is read, written or removed. The names are drawn from a seed,
 * which a failure tells.
 */
class TraversalTest {

    private static final int DRAWS = 2_000;
    private static final byte[] SECRET = "root:x:0:0".getBytes(StandardCharsets.UTF_8);
    private static final String SHA_256 =
            HexFormat.of().formatHex(DigestingFile.newSha256().digest(SECRET));

    @TempDir
    Path folder;

    private final long seed = System.nanoTime();
    private final SplittableRandom random = new SplittableRandom(seed);
    private Path root = Path.of("");
    private List<String> pieces = List.of();

    @BeforeEach
    void prepare() throws IOException {
        root = Files.createDirectories(folder.resolve("inside/store"));
        Files.write(folder.resolve("secret"), SECRET);
        Files.write(folder.resolve("inside/secret"), SECRET);
        Files.write(folder.resolve("inside").resolve(SHA_256), SECRET);
        pieces = List.of(
                "..",
                "../",
                "..\\",
                "/",
                "\\",
                ".",
                "./",
                "//",
                "%2e%2e",
                "%2f",
                "%252f",
                "..%c0%af",
                "..;/",
                "~",
                "\0",
                "\n",
                "\u202e",
                "\u2024\u2024/",
                "\uff0e\uff0e\uff0f",
                "C:",
                "\\\\host\\share\\",
                "file://",
                "jar:file:",
                "http://localhost/",
                "s3://bucket/",
                "sha256",
                "sha256/",
                SHA_256.substring(0, 2),
                SHA_256,
                "tmp",
                "tmp/",
                "secret",
                "inside",
                "store",
                folder + "/",
                folder + "/secret",
                "weights",
                "config.json",
                "a",
                "1",
                "-",
                "@",
                "!pin",
                " ");
    }

    private String hostile() {
        return IntStream.rangeClosed(0, random.nextInt(8))
                .mapToObj(i -> pieces.get(random.nextInt(pieces.size())))
                .collect(Collectors.joining());
    }

    /** All that lies outside of a folder, with its bytes. */
    private Map<Path, String> outside(Path inside) throws IOException {
        Map<Path, String> found = new TreeMap<>();
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path path : all.filter(path -> !path.startsWith(inside)).toList()) {
                found.put(path, Files.isRegularFile(path) ? Files.readString(path) : "");
            }
        }
        return found;
    }

    /** An artifact that is the secret by size and digest, so that nothing but its names is wrong. */
    private Artifact artifact() {
        String role = hostile();
        return new Artifact(role.isBlank() ? "weights" : role, SECRET.length, SHA_256, hostile());
    }

    @Test
    void noAddressAndNoRoleLeadsOutOfAFolder() throws IOException {
        SweptStore store = FolderArtifactStore.open(root);
        DeltaStore deltas = DeltaStore.over(store, root.resolve("copies"), true, Clock.systemUTC());
        LocalCopies copies = LocalCopies.open(root.resolve("others"), 1, Clock.systemUTC());
        Map<Path, String> before = outside(root);
        for (int i = 0; i < DRAWS; i++) {
            Artifact hostile = artifact();
            Artifact delta = new Artifact(
                    hostile.role(),
                    SECRET.length,
                    SHA_256,
                    hostile.uri(),
                    new Delta(SECRET.length, SHA_256, SECRET.length, "ab".repeat(32)));
            for (Reading reading : List.<Reading>of(
                    () -> store.fetch(hostile),
                    () -> deltas.fetch(hostile),
                    () -> deltas.fetch(delta),
                    () -> copies.find(hostile).orElseThrow(() -> new ArtifactException("there is none")))) {
                assertThat(refused(reading)).as("%s, seed %d", hostile, seed).isTrue();
            }
            deltas.delete(delta);
            store.delete(hostile);
            copies.forget(hostile);
        }
        assertThat(outside(root)).as("seed %d", seed).isEqualTo(before);
    }

    private interface Reading {
        Path read() throws IOException;
    }

    private static boolean refused(Reading reading) throws IOException {
        try {
            reading.read();
            return false;
        } catch (ArtifactException e) {
            return true;
        }
    }

    @Test
    void whatIsWrittenUnderAnyRoleLiesWhereItsDigestPutsIt() throws IOException {
        // Where others may write, what was checked is copied to where they may not.
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxrwxrwx"));
        FolderArtifactStore store = FolderArtifactStore.open(root);
        Map<Path, String> before = outside(root);
        for (int i = 0; i < DRAWS / 20; i++) {
            String role = "x" + hostile();
            Artifact put = store.put(role, out -> out.write(SECRET));
            assertThat(store.fetch(put))
                    .isEqualTo(root.toRealPath().resolve("sha256/" + SHA_256.substring(0, 2) + "/" + SHA_256));
            try (VersionFiles files = new VersionFiles(
                    store, VersionLoader.of(Set.of(role), Set.of(), read -> (AutoCloseable) () -> read.clear()))) {
                Path copy = Objects.requireNonNull(
                        files.fetch(Examples.version("m", 1, put)).get(role));
                assertThat(copy.getFileName()).as("%s, seed %d", role, seed).hasToString(SHA_256);
            }
        }
        assertThat(outside(root)).as("seed %d", seed).isEqualTo(before);
        try (Stream<Path> inside = Files.walk(root)) {
            assertThat(inside.filter(Files::isRegularFile)).hasSize(1);
        }
    }

    /** Of what may stand in a key of the registry's topic, nothing is more than one name in a folder. */
    @Test
    void noNameOfAModelOrAnAliasIsAPath() {
        int read = 0;
        int refused = 0;
        for (int i = 0; i < DRAWS; i++) {
            String key = hostile() + (random.nextBoolean() ? "/" : "@") + hostile();
            try {
                RegistryKey parsed = RegistryKey.parse(key.getBytes(StandardCharsets.UTF_8));
                read++;
                for (String name : parsed instanceof RegistryKey.AliasKey alias
                        ? List.of(alias.model(), alias.alias())
                        : List.of(parsed.model())) {
                    Path pulled = folder.resolve(name + "-1");
                    assertThat(pulled.normalize().getParent())
                            .as("%s, seed %d", key, seed)
                            .isEqualTo(folder);
                }
            } catch (RegistryFormatException e) {
                refused++;
            } catch (InvalidPathException e) {
                throw new AssertionError(key + " became a path, seed " + seed, e);
            }
        }
        assertThat(read).as("keys that can be read, seed %d", seed).isPositive();
        assertThat(refused).as("keys that cannot, seed %d", seed).isGreaterThan(DRAWS / 2);
    }
}
