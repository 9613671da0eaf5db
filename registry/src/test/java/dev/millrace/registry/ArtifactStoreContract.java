package dev.millrace.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** What every artifact store does, whatever it keeps its files in. A backend's test implements the hooks. */
interface ArtifactStoreContract {

    Duration HOUR = Duration.ofHours(1);

    /** The store, opened anew as by another process that sees the same files, where it is that time. */
    SweptStore open(Clock clock) throws IOException;

    /** Changes the time when a file was put, behind the store's back. */
    void age(Artifact artifact, Instant put) throws IOException;

    default SweptStore open() throws IOException {
        return open(Clock.systemUTC());
    }

    /** The bytes that are kept under a digest, behind the store's back. */
    byte[] kept(Artifact artifact) throws IOException;

    /** Changes the bytes that are kept under a digest, behind the store's back. */
    void damage(Artifact artifact, byte[] bytes) throws IOException;

    /** How many objects are kept, whole ones and leftovers. */
    int countKept() throws IOException;

    @Test
    default void keepsAFileUnderItsDigest() throws IOException {
        Artifact artifact = open().put("weights", content("abc"));

        assertThat(artifact)
                .isEqualTo(new Artifact(
                        "weights",
                        3,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                        "sha256/ba/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        assertThat(open().fetch(artifact)).hasContent("abc");
    }

    @Test
    default void keepsAnEmptyFileAndALargeOne() throws IOException {
        byte[] large = new byte[3_000_001];
        new Random(1).nextBytes(large);
        ArtifactStore store = open();
        Artifact empty = store.put("empty", out -> {});
        Artifact big = store.put("large", out -> {
            out.write(large[0]);
            out.write(large, 1, 100_000);
            out.write(large, 100_001, large.length - 100_001);
        });

        assertThat(open().fetch(empty)).isEmptyFile();
        assertThat(open().fetch(big)).hasBinaryContent(large);
        assertThat(big.size()).isEqualTo(large.length);
    }

    @Test
    default void letsAWriterCloseWhatItWasGiven() throws IOException {
        Artifact artifact = open().put("weights", out -> {
            try (OutputStream mine = out) {
                mine.write('a');
            }
        });
        assertThat(open().fetch(artifact)).hasContent("a");
    }

    @Test
    default void keepsTheSameContentOnce() throws IOException {
        ArtifactStore store = open();
        Artifact one = store.put("base", content("same"));
        Artifact two = store.put("weights", content("same"));
        Artifact three = open().put("base", content("same"));

        assertThat(countKept()).isEqualTo(1);
        assertThat(two.sha256()).isEqualTo(one.sha256());
        assertThat(three).isEqualTo(one);
    }

    @Test
    default void leavesNothingWhenTheWriterFails() throws IOException {
        ArtifactStore store = open();
        for (Exception failure : List.of(new IOException("disk full"), new IllegalStateException("bug"))) {
            assertThatThrownBy(() -> store.put("weights", out -> {
                        out.write(new byte[200_000]);
                        if (failure instanceof IOException e) {
                            throw e;
                        }
                        throw (RuntimeException) failure;
                    }))
                    .isSameAs(failure);
        }
        assertThat(countKept()).isZero();
        assertThat(store.fetch(store.put("weights", content("next")))).hasContent("next");
    }

    @Test
    default void refusesATruncatedFile() throws IOException {
        ArtifactStore store = open();
        Artifact artifact = store.put("weights", content("some bytes"));
        damage(artifact, "some byte".getBytes(StandardCharsets.UTF_8));

        assertThatThrownBy(() -> store.fetch(artifact))
                .isInstanceOf(ArtifactException.class)
                .hasMessageContaining("'weights'")
                .hasMessageContaining("must have 10 bytes, but has 9");
        assertThatThrownBy(() -> open().fetch(artifact)).isInstanceOf(ArtifactException.class);
    }

    @Test
    default void refusesAFlippedBit() throws IOException {
        ArtifactStore store = open();
        Artifact artifact = store.put("weights", content("some bytes"));
        assertThat(store.fetch(artifact)).exists();
        byte[] bytes = kept(artifact);
        bytes[4] ^= 1;
        damage(artifact, bytes);

        assertThatThrownBy(() -> store.fetch(artifact))
                .isInstanceOf(ArtifactException.class)
                .hasMessageContaining("damaged");
        assertThatThrownBy(() -> open().fetch(artifact)).isInstanceOf(ArtifactException.class);
    }

    @Test
    default void isMendedByPuttingTheContentAgain() throws IOException {
        ArtifactStore store = open();
        Artifact artifact = store.put("weights", content("some bytes"));
        damage(artifact, "other bits".getBytes(StandardCharsets.UTF_8));

        assertThat(store.put("weights", content("some bytes"))).isEqualTo(artifact);
        assertThat(open().fetch(artifact)).hasContent("some bytes");
    }

    @Test
    default void refusesARecordThatPointsElsewhere() throws IOException {
        ArtifactStore store = open();
        Artifact artifact = store.put("weights", content("abc"));
        for (String uri : List.of("../../etc/passwd", "/etc/passwd", "sha256/ba/../ba/" + artifact.sha256(), "")) {
            assertThatThrownBy(() -> store.fetch(new Artifact("weights", 3, artifact.sha256(), uri)))
                    .isInstanceOf(ArtifactException.class);
        }
        assertThatThrownBy(() -> store.fetch(new Artifact("weights", 4, artifact.sha256(), artifact.uri())))
                .isInstanceOf(ArtifactException.class);
    }

    @Test
    default void forgetsWhatIsDeleted() throws IOException {
        ArtifactStore store = open();
        Artifact artifact = store.put("weights", content("abc"));
        assertThat(store.fetch(artifact)).exists();

        open().delete(artifact);
        store.delete(artifact);

        assertThat(countKept()).isZero();
        assertThatThrownBy(() -> store.fetch(artifact))
                .isInstanceOf(ArtifactException.class)
                .hasMessageContaining("gone");
        assertThat(store.put("weights", content("abc"))).isEqualTo(artifact);
        assertThat(store.fetch(artifact)).hasContent("abc");
    }

    @Test
    default void isPutIntoByManyAtOnce() throws Exception {
        int writers = 8;
        ArtifactStore shared = open();
        CyclicBarrier start = new CyclicBarrier(writers);
        ExecutorService threads = Executors.newFixedThreadPool(writers);
        try {
            for (int round = 0; round < 10; round++) {
                String text = "content of round " + round;
                List<Future<Artifact>> puts = new ArrayList<>();
                for (int writer = 0; writer < writers; writer++) {
                    ArtifactStore store = writer % 2 == 0 ? shared : open();
                    puts.add(threads.submit(() -> {
                        start.await();
                        Artifact artifact = store.put("weights", content(text));
                        assertThat(Files.readString(store.fetch(artifact))).isEqualTo(text);
                        return artifact;
                    }));
                }
                Set<Artifact> artifacts = new HashSet<>();
                for (Future<Artifact> put : puts) {
                    artifacts.add(put.get());
                }
                assertThat(artifacts).hasSize(1);
                assertThat(countKept()).isEqualTo(round + 1);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    default void sweepsOldFilesThatNobodyNeeds() throws IOException {
        SweptStore store = open();
        Artifact needed = store.put("weights", content("needed"));
        Artifact unneeded = store.put("weights", content("unneeded"));
        age(needed, Instant.now().minus(HOUR.multipliedBy(3)));
        age(unneeded, Instant.now().minus(HOUR.multipliedBy(3)));
        Artifact young = store.put("weights", content("young"));
        Predicate<String> allButOne = sha256 -> !sha256.equals(needed.sha256());

        assertThat(store.sweepable(allButOne, HOUR.multipliedBy(2))).isEqualTo(new Swept(1, 8));
        assertThat(countKept()).isEqualTo(3);
        assertThat(store.sweep(allButOne, HOUR.multipliedBy(2))).isEqualTo(new Swept(1, 8));

        assertThat(countKept()).isEqualTo(2);
        assertThat(open().fetch(needed)).hasContent("needed");
        assertThat(open().fetch(young)).hasContent("young");
        assertThatThrownBy(() -> open().fetch(unneeded)).isInstanceOf(ArtifactException.class);
        assertThatThrownBy(() -> store.fetch(unneeded)).isInstanceOf(ArtifactException.class);
    }

    @Test
    default void sparesAnOldFileThatWasJustPutAgain() throws IOException {
        SweptStore store = open();
        Artifact base = store.put("base", content("base"));
        age(base, Instant.now().minus(HOUR.multipliedBy(3)));

        assertThat(open().put("base", content("base"))).isEqualTo(base);

        assertThat(store.sweep(sha256 -> true, HOUR)).isEqualTo(Swept.NOTHING);
        assertThat(open().fetch(base)).hasContent("base");
    }

    static ArtifactStore.Content content(String text) {
        return out -> out.write(text.getBytes(StandardCharsets.UTF_8));
    }
}
