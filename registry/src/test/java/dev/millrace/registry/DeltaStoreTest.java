package dev.millrace.registry;

import static dev.millrace.registry.ArtifactStoreContract.content;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.registry.Likeness.Form;
import dev.millrace.registry.Likeness.Match;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeltaStoreTest implements ArtifactStoreContract {

    private static final int NUMBERS = 600_000;

    @TempDir
    Path temporary;

    private int opened;

    @Override
    public DeltaStore open(Clock clock) throws IOException {
        return DeltaStore.over(
                FolderArtifactStore.open(temporary.resolve("store"), clock),
                temporary.resolve("copies-" + opened++),
                true,
                clock);
    }

    private DeltaStore fresh() throws IOException {
        return open(Clock.systemUTC());
    }

    private Path path(String sha256) {
        return temporary.resolve("store").resolve(FolderArtifactStore.uri(sha256));
    }

    @Override
    public byte[] kept(Artifact artifact) throws IOException {
        return Files.readAllBytes(path(artifact.sha256()));
    }

    @Override
    public void damage(Artifact artifact, byte[] bytes) throws IOException {
        damage(artifact.sha256(), bytes);
    }

    private void damage(String sha256, byte[] bytes) throws IOException {
        Path beside = Files.write(temporary.resolve("damaged"), bytes);
        Files.delete(path(sha256));
        Files.move(beside, path(sha256));
    }

    @Override
    public int countKept() throws IOException {
        try (Stream<Path> files = Files.walk(temporary.resolve("store"))) {
            return (int) files.filter(Files::isRegularFile).count();
        }
    }

    @Override
    public void age(Artifact artifact, Instant put) throws IOException {
        Files.setLastModifiedTime(path(artifact.sha256()), FileTime.from(put));
    }

    /** Numbers that a model may begin with, after a header of 16 bytes. */
    private static byte[] base() {
        Random random = new Random(1);
        ByteBuffer bytes = ByteBuffer.allocate(16 + NUMBERS * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.position(16);
        for (int i = 0; i < NUMBERS; i++) {
            bytes.putFloat((float) random.nextGaussian());
        }
        return bytes.array();
    }

    /** The same numbers moved a little, after a header of 24 bytes, and some more after them. */
    private static byte[] tuned(byte[] base, Form form) {
        Random random = new Random(2);
        ByteBuffer from = ByteBuffer.wrap(base).order(ByteOrder.LITTLE_ENDIAN).position(16);
        ByteBuffer bytes =
                ByteBuffer.allocate(24 + NUMBERS * form.bytes() + 100).order(ByteOrder.LITTLE_ENDIAN);
        random.nextBytes(bytes.array());
        bytes.position(24);
        for (int i = 0; i < NUMBERS; i++) {
            float moved = from.getFloat() * (float) (1 + 0.002 * random.nextGaussian());
            if (form == Form.FLOAT32) {
                bytes.putFloat(moved);
            } else {
                bytes.putShort((short) (Float.floatToRawIntBits(moved) >>> 16));
            }
        }
        return bytes.array();
    }

    private static Artifact put(DeltaStore store, byte[] base, byte[] tuned, Form form) throws IOException {
        Artifact on = store.put("base", out -> out.write(base));
        return store.put(
                "weights", out -> out.write(tuned), new Likeness(on, List.of(new Match(24, 16, NUMBERS, form))));
    }

    @Test
    void keepsWhatDiffersAndHandsOutTheWholeFile() throws IOException {
        byte[] base = base();
        for (Form form : Form.values()) {
            byte[] tuned = tuned(base, form);
            Artifact artifact = put(fresh(), base, tuned, form);

            assertThat(artifact.size()).isEqualTo(tuned.length);
            Delta delta = Objects.requireNonNull(artifact.delta());
            assertThat(delta.size()).as("bytes of %s", form).isLessThan((long)
                    (tuned.length * (form == Form.FLOAT32 ? 0.75 : 0.6)));
            assertThat(path(delta.sha256())).hasSize(delta.size());
            assertThat(path(artifact.sha256())).doesNotExist();
            DeltaStore other = fresh();
            assertThat(other.fetch(artifact)).hasBinaryContent(tuned);
            assertThat(put(fresh(), base, tuned, form))
                    .as("the same bytes each time")
                    .isEqualTo(artifact);
            assertThat(artifact.files()).containsExactly(delta.sha256(), delta.baseSha256());
        }
        assertThat(countKept()).as("a base and two deltas").isEqualTo(3);
    }

    @Test
    void keepsWhatIsUnlikeItsBaseWhole() throws IOException {
        byte[] base = base();
        byte[] other = new byte[24 + NUMBERS * Float.BYTES];
        new Random(3).nextBytes(other);

        Artifact artifact = put(fresh(), base, other, Form.FLOAT32);

        assertThat(artifact.delta()).isNull();
        assertThat(open().fetch(artifact)).hasBinaryContent(other);
        assertThat(countKept()).isEqualTo(2);
    }

    @Test
    void refusesEachFileThatIsDamagedOrGoneOrAnother() throws IOException {
        byte[] base = base();
        byte[] tuned = tuned(base, Form.FLOAT32);
        Artifact artifact = put(fresh(), base, tuned, Form.FLOAT32);
        Delta delta = Objects.requireNonNull(artifact.delta());
        for (String file : artifact.files()) {
            byte[] right = Files.readAllBytes(path(file));
            byte[] wrong = right.clone();
            wrong[wrong.length / 2] ^= 1;
            damage(file, wrong);
            assertThatThrownBy(() -> open().fetch(artifact))
                    .isInstanceOf(ArtifactException.class)
                    .hasMessageContaining("damaged");
            Files.delete(path(file));
            assertThatThrownBy(() -> open().fetch(artifact))
                    .isInstanceOf(ArtifactException.class)
                    .hasMessageContaining("gone");
            Files.write(path(file), right);
        }
        Artifact unlike = open().put("base", out -> out.write(tuned));
        for (Delta wrong : List.of(
                new Delta(delta.size(), delta.sha256(), unlike.size(), unlike.sha256()),
                new Delta(delta.size(), delta.sha256(), delta.baseSize() + 1, delta.baseSha256()),
                new Delta(delta.size() + 1, delta.sha256(), delta.baseSize(), delta.baseSha256()))) {
            assertThatThrownBy(() -> open().fetch(
                                    new Artifact("weights", artifact.size(), artifact.sha256(), artifact.uri(), wrong)))
                    .as("%s", wrong)
                    .isInstanceOf(ArtifactException.class);
        }
        for (Artifact wrong : List.of(
                new Artifact("weights", artifact.size() - 1, artifact.sha256(), artifact.uri(), delta),
                new Artifact("weights", artifact.size(), unlike.sha256().replace('a', 'b'), artifact.uri(), delta),
                new Artifact("weights", artifact.size(), artifact.sha256(), "../../etc/passwd", delta))) {
            assertThatThrownBy(() -> open().fetch(wrong)).as("%s", wrong).isInstanceOf(ArtifactException.class);
        }
        assertThat(open().fetch(artifact)).hasBinaryContent(tuned);
    }

    @Test
    void neverBuildsOnAnotherDelta() throws IOException {
        Artifact artifact = put(fresh(), base(), tuned(base(), Form.FLOAT32), Form.FLOAT32);
        assertThatThrownBy(() -> new Likeness(artifact, List.of())).hasMessageContaining("kept whole");
        assertThatThrownBy(() -> new Delta(1, artifact.sha256(), 1, artifact.sha256()))
                .hasMessageContaining("names itself");
        Delta delta = Objects.requireNonNull(artifact.delta());
        // A record that claims that a delta is a base gets the bytes of the delta, and these make no such file.
        Artifact chain = new Artifact(
                "weights",
                artifact.size(),
                artifact.sha256(),
                FolderArtifactStore.uri(delta.baseSha256()),
                new Delta(delta.baseSize(), delta.baseSha256(), delta.size(), delta.sha256()));
        assertThatThrownBy(() -> open().fetch(chain)).isInstanceOf(ArtifactException.class);
    }

    @Test
    void refusesMatchesThatLieNowhereOrOverOneAnother() throws IOException {
        DeltaStore store = fresh();
        Artifact base = store.put("base", content("0123456789abcdef"));
        assertThatThrownBy(() ->
                        new Likeness(base, List.of(new Match(0, 0, 2, Form.FLOAT32), new Match(4, 0, 1, Form.FLOAT32))))
                .hasMessageContaining("follow one another");
        assertThatThrownBy(() -> new Match(0, Long.MAX_VALUE, 1, Form.FLOAT32)).hasMessageContaining("lie in a file");
        for (Match match : List.of(new Match(0, 13, 1, Form.FLOAT32), new Match(9, 0, 1, Form.BFLOAT16))) {
            assertThatThrownBy(() -> store.put("weights", content("0123456789"), new Likeness(base, List.of(match))))
                    .hasMessageContaining("passes the end");
        }
    }

    @Test
    void aSweepLeavesWhatALiveDeltaBuildsOn() throws IOException {
        byte[] tuned = tuned(base(), Form.BFLOAT16);
        Artifact artifact = put(fresh(), base(), tuned, Form.BFLOAT16);
        Artifact unneeded = open().put("weights", content("unneeded"));
        ModelRegistry registry = ModelRegistry.empty()
                .with(
                        1,
                        RegistryKey.of(Examples.version("m", 1, artifact)).bytes(),
                        RegistryJson.write(Examples.version("m", 1, artifact)));
        assertThat(Retention.inUse(registry)).isEqualTo(Set.copyOf(artifact.files()));

        Swept swept =
                open(Clock.offset(Clock.systemUTC(), HOUR.multipliedBy(2))).sweep(Retention.unneeded(registry), HOUR);

        assertThat(swept).isEqualTo(new Swept(1, unneeded.size()));
        assertThat(open().fetch(artifact)).hasBinaryContent(tuned);
        open().delete(artifact);
        assertThat(countKept()).as("the base stays").isEqualTo(1);
    }
}
