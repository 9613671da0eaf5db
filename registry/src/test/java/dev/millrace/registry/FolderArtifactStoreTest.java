package dev.millrace.registry;

import static dev.millrace.registry.ArtifactStoreContract.content;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderArtifactStoreTest implements ArtifactStoreContract {

    @TempDir
    Path temporary;

    @Override
    public FolderArtifactStore open(Clock clock) throws IOException {
        return FolderArtifactStore.open(folder(), clock);
    }

    @Override
    public byte[] kept(Artifact artifact) throws IOException {
        return Files.readAllBytes(path(artifact));
    }

    @Override
    public void damage(Artifact artifact, byte[] bytes) throws IOException {
        // As another inode, for the clock of a file system may be too coarse to tell two writes apart.
        Path beside = Files.write(temporary.resolve("damaged"), bytes);
        Files.delete(path(artifact));
        Files.move(beside, path(artifact));
    }

    @Override
    public int countKept() throws IOException {
        try (Stream<Path> files = Files.walk(folder())) {
            return (int) files.filter(Files::isRegularFile).count();
        }
    }

    @Test
    void noticesAFileThatIsWrittenToInPlace() throws IOException {
        SweptStore store = open();
        Artifact artifact = store.put("weights", content("abc"));
        Files.writeString(path(artifact), "abd");
        Files.setLastModifiedTime(path(artifact), FileTime.from(Instant.parse("2030-01-01T00:00:00Z")));

        assertThatThrownBy(() -> store.fetch(artifact)).hasMessageContaining("damaged");
    }

    @Test
    void hashesAFileOnceWhileItStaysTheSame() throws IOException {
        SweptStore store = open();
        Artifact artifact = store.put("weights", content("abc"));
        FileTime time = Files.getLastModifiedTime(store.fetch(artifact));
        Files.writeString(path(artifact), "abd");
        Files.setLastModifiedTime(path(artifact), time);

        assertThat(store.fetch(artifact))
                .as("the trust that the class comment states")
                .hasContent("abd");
        assertThatThrownBy(() -> open().fetch(artifact)).hasMessageContaining("damaged");
    }

    @Test
    void neverFollowsALink() throws IOException {
        SweptStore store = open();
        Artifact artifact = store.put("weights", content("abc"));
        Path elsewhere = Files.writeString(temporary.resolve("elsewhere"), "abc");
        Files.delete(path(artifact));
        Files.createSymbolicLink(path(artifact), elsewhere);
        assertThatThrownBy(() -> store.fetch(artifact))
                .isInstanceOf(ArtifactException.class)
                .hasMessageContaining("symbolic link");

        assertThat(store.put("weights", content("abc"))).isEqualTo(artifact);
        assertThat(Files.isSymbolicLink(store.fetch(artifact))).isFalse();

        Path prefix = folder().resolve("sha256").resolve("ba");
        Files.move(prefix, temporary.resolve("moved"));
        Files.createSymbolicLink(prefix, temporary.resolve("moved"));
        assertThatThrownBy(() -> store.fetch(artifact)).hasMessageContaining("symbolic link");
        assertThatThrownBy(() -> store.put("weights", content("abc"))).hasMessageContaining("symbolic link");
        store.sweep(sha256 -> true, Duration.ZERO.minus(HOUR));
        assertThat(temporary.resolve("moved").resolve(artifact.sha256())).exists();
    }

    @Test
    void mayItselfBeReachedByALink() throws IOException {
        Path real = Files.createDirectory(temporary.resolve("real"));
        Path link = Files.createSymbolicLink(temporary.resolve("link"), real);
        FolderArtifactStore store = FolderArtifactStore.open(link.resolve("store"));
        assertThat(store.fetch(store.put("weights", content("abc")))).hasContent("abc");
    }

    @Test
    void ignoresWhatACrashLeftAndSweepsItLater() throws IOException {
        Path leftover = leftover("9-crashed");
        Artifact artifact = open().put("weights", content("abc"));
        assertThat(open().fetch(artifact)).hasContent("abc");

        assertThat(at(Instant.now())
                        .sweep(sha256 -> !sha256.equals(artifact.sha256()), HOUR)
                        .files())
                .as("a writer may still be at work")
                .isZero();
        assertThat(leftover).exists();
        assertThat(at(Instant.now().plus(HOUR).plusSeconds(60))
                        .sweep(sha256 -> !sha256.equals(artifact.sha256()), HOUR))
                .isEqualTo(new Swept(1, 5));
        assertThat(leftover).doesNotExist();
        assertThat(open().fetch(artifact)).hasContent("abc");
    }

    @Test
    void sweepsNothingThatIsNotItsOwn() throws IOException {
        SweptStore store = open();
        store.put("weights", content("abc"));
        Path foreign = Files.writeString(folder().resolve("sha256").resolve("README"), "not ours");

        assertThat(at(Instant.now().plus(HOUR)).sweep(sha256 -> true, Duration.ZERO))
                .isEqualTo(new Swept(1, 3));

        assertThat(foreign).exists();
    }

    @Test
    void saysWhyItCannotBeOpened() throws IOException {
        Path file = Files.writeString(temporary.resolve("file"), "");
        assertThatThrownBy(() -> FolderArtifactStore.open(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("file");
    }

    private Path folder() {
        return temporary.resolve("new").resolve("store");
    }

    private Path path(Artifact artifact) {
        return folder().resolve(artifact.uri());
    }

    private FolderArtifactStore at(Instant now) throws IOException {
        return FolderArtifactStore.open(folder(), Clock.fixed(now, ZoneOffset.UTC));
    }

    private Path leftover(String name) throws IOException {
        open();
        return Files.write(folder().resolve("tmp").resolve(name), "12345".getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void age(Artifact artifact, Instant time) throws IOException {
        Files.setLastModifiedTime(path(artifact), FileTime.from(time));
    }
}
