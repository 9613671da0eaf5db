package dev.millrace.registry;

import static dev.millrace.registry.ArtifactStoreContract.content;
import static dev.millrace.registry.Examples.version;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The ways by which other registries were made to read, fetch or run what they should not. */
class AttackPathsTest {

    private static final String SECRET = "root:x:0:0";

    @TempDir
    Path folder;

    private Path root = Path.of("");
    private FolderArtifactStore store;

    @BeforeEach
    void open() throws IOException {
        root = folder.resolve("store");
        store = FolderArtifactStore.open(root);
        Files.writeString(folder.resolve("secret"), SECRET);
    }

    /** An artifact of the secret's true size and digest, so that nothing but its place is wrong. */
    private static Artifact secretAt(String uri) {
        byte[] bytes = SECRET.getBytes(StandardCharsets.UTF_8);
        return new Artifact("weights", bytes.length, sha256(bytes), uri);
    }

    private static String sha256(byte[] bytes) {
        return HexFormat.of().formatHex(DigestingFile.newSha256().digest(bytes));
    }

    private static VersionFiles filesOf(ArtifactStore store, String... roles) {
        return new VersionFiles(
                store, VersionLoader.of(Set.of(roles), Set.of(), files -> (AutoCloseable) () -> files.clear()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "FOLDER/secret",
                "file://FOLDER/secret",
                "file:///etc/passwd",
                "/etc/passwd",
                "../secret",
                "./../secret",
                "sha256/../../secret",
                "sha256/ab/../../../secret",
                "sha256\\..\\..\\secret",
                "%2e%2e/secret",
                "%2e%2e%2fsecret",
                "%252e%252e%252fsecret",
                "..%c0%afsecret",
                "..;/secret",
                "\\\\attacker\\share\\secret",
                "jar:file:FOLDER/secret!/x",
                "ftp://attacker/secret",
                "http://169.254.169.254/latest/meta-data/",
                "http://localhost:PORT/secret",
                "http://[::1]:PORT/secret",
                "s3://attacker/secret",
                ""
            })
    void anAddressThatLeadsElsewhereIsNeverFollowed(String pattern) throws IOException {
        AtomicInteger asked = new AtomicInteger();
        HttpServer inner = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        inner.createContext("/", exchange -> {
            asked.incrementAndGet();
            exchange.close();
        });
        inner.start();
        try {
            String uri = pattern.replace("FOLDER", folder.toString())
                    .replace("PORT", Integer.toString(inner.getAddress().getPort()));
            assertThatThrownBy(() -> store.fetch(secretAt(uri)))
                    .isInstanceOf(ArtifactException.class)
                    .hasMessageContaining("its digest puts it at 'sha256/")
                    .hasMessageNotContaining(SECRET);
        } finally {
            inner.stop(0);
        }
        assertThat(asked).hasValue(0);
    }

    @Test
    void aLinkInsideTheStoreIsNotFollowed() throws IOException {
        String sha256 = secretAt("").sha256();
        Artifact secret = secretAt("sha256/" + sha256.substring(0, 2) + "/" + sha256);
        Path shelf = root.resolve("sha256").resolve(sha256.substring(0, 2));
        Files.createDirectory(shelf);
        Files.createSymbolicLink(shelf.resolve(sha256), folder.resolve("secret"));
        assertThatThrownBy(() -> store.fetch(secret))
                .isInstanceOf(ArtifactException.class)
                .hasMessageContaining("symbolic link");

        Files.delete(shelf.resolve(sha256));
        Files.delete(shelf);
        Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
        Files.writeString(elsewhere.resolve(sha256), SECRET);
        Files.createSymbolicLink(shelf, elsewhere);
        assertThatThrownBy(() -> store.fetch(secret))
                .isInstanceOf(ArtifactException.class)
                .hasMessageContaining("symbolic link");
    }

    @Test
    void whatWasCheckedIsWhatIsLoadedWhereOthersMayWrite() throws IOException {
        Artifact artifact = store.put("weights", content("checked"));
        Path stored = root.resolve(artifact.uri());
        Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxrwxrwx"));
        Path loaded;
        try (VersionFiles files = filesOf(store, "weights")) {
            loaded = weights(files, version("m", 1, artifact));
            Files.writeString(stored, "forged!");
            assertThat(loaded).hasContent("checked");
            assertThat(loaded.startsWith(root)).isFalse();
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(loaded.getParent())))
                    .isEqualTo("rwx------");
        }
        assertThat(loaded).doesNotExist();
    }

    @Test
    void aFileThatIsForgedWithItsTimeKeptIsFoundWhereOthersMayWrite() throws IOException {
        Artifact artifact = store.put("weights", content("checked"));
        Path stored = root.resolve(artifact.uri());
        store.fetch(artifact);
        FileTime time = Files.getLastModifiedTime(stored);
        Files.writeString(stored, "forged!");
        Files.setLastModifiedTime(stored, time);
        Files.setPosixFilePermissions(stored, PosixFilePermissions.fromString("rw-rw-rw-"));
        try (VersionFiles files = filesOf(store, "weights")) {
            assertThatThrownBy(() -> files.fetch(version("m", 1, artifact)))
                    .isInstanceOf(ArtifactException.class)
                    .hasMessageContaining("was changed while it was read");
        }
    }

    @Test
    void whereNobodyElseMayWriteNothingIsCopiedAndCopiesGoWhenTheyAreNoLongerNeeded() throws IOException {
        Artifact first = store.put("weights", content("first"));
        Artifact second = store.put("weights", content("second"));
        Path last;
        try (VersionFiles files = filesOf(store, "weights")) {
            Path inPlace = weights(files, version("m", 1, first));
            assertThat(inPlace).startsWith(root.toRealPath());

            Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxrwxr-x"));
            Path copy = weights(files, version("m", 1, first));
            assertThat(weights(files, version("m", 1, first))).isEqualTo(copy);
            last = weights(files, version("m", 2, second));
            assertThat(last).hasContent("second");
            assertThat(copy).doesNotExist();
        }
        assertThat(last.getParent()).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "model.pt",
                "model.PTH",
                "head.pkl",
                "weights.pickle",
                "last.ckpt",
                "lda.joblib",
                "pytorch_model.bin"
            })
    void aRoleThatNamesAPickleIsRefused(String role) throws IOException {
        Artifact artifact = store.put(role, content("harmless"));
        try (VersionFiles files = filesOf(store, role)) {
            assertThatThrownBy(() -> files.fetch(version("m", 1, artifact)))
                    .isInstanceOf(ArtifactException.class)
                    .hasMessageContaining("is a pickle or holds one");
        }
    }

    @Test
    void aPickleUnderAnotherNameIsRefused() throws IOException {
        byte[] bare = HexFormat.of().parseHex("8004950a000000000000008c036f732e2e");
        byte[] old = HexFormat.of().parseHex("80027d71002e");
        for (byte[] bytes :
                new byte[][] {bare, old, zip("archive/data.pkl"), "PK\u0003\u0004rest".getBytes(StandardCharsets.UTF_8)
                }) {
            Artifact artifact = store.put("weights", out -> out.write(bytes));
            try (VersionFiles files = filesOf(store, "weights")) {
                assertThatThrownBy(() -> files.fetch(version("m", 1, artifact)))
                        .isInstanceOf(ArtifactException.class)
                        .hasMessageContaining("is a pickle or holds one");
            }
        }
        // A safetensors file whose header has 0x280 bytes begins as a pickle does; an archive may hold anything else.
        byte[] safetensors = HexFormat.of().parseHex("80020000000000007b");
        for (byte[] bytes : new byte[][] {safetensors, zip("lines.txt"), new byte[0], {(byte) 0x80}}) {
            Artifact artifact = store.put("weights", out -> out.write(bytes));
            try (VersionFiles files = filesOf(store, "weights")) {
                assertThatCode(() -> files.fetch(version("m", 1, artifact))).doesNotThrowAnyException();
            }
        }
    }

    private static Path weights(VersionFiles files, VersionRecord version) throws IOException {
        return Objects.requireNonNull(files.fetch(version).get("weights"));
    }

    private static byte[] zip(String entry) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry(entry));
            zip.write(1);
            zip.closeEntry();
        }
        return bytes.toByteArray();
    }
}
