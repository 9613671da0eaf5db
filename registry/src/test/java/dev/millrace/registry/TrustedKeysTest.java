package dev.millrace.registry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPairGenerator;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrustedKeysTest {

    private static final String DIGEST = "ab".repeat(32);

    @TempDir
    private Path folder = Path.of("");

    private Path file = Path.of("");
    private RecordSigner signer;
    private TrustedKeys trusted;

    @BeforeEach
    void makeAKey() throws IOException {
        file = folder.resolve("trainer.key");
        signer = RecordSigner.generate(file);
        trusted = TrustedKeys.read(RecordSigner.publicFile(file));
    }

    /** A record in which every field has a value. */
    private static VersionRecord version(String model, long version) {
        return new VersionRecord(
                model,
                version,
                Instant.parse("2026-11-24T10:00:00.123456789Z"),
                1L,
                "minilm-l6",
                List.of(new Artifact("weights", 123, DIGEST, "sha256/ab/" + DIGEST)),
                List.of("größe \"L\"", "yes"),
                new LogPosition("training-examples", 3, 9007199254740993L),
                640,
                20,
                Instant.parse("2026-11-24T09:59:59Z"),
                Map.of("lr", "0.0002", "batch", "32"),
                "0123",
                Map.of("prequential_accuracy", 0.1 + 0.2, "loss", 1e-9),
                Map.of("device", "cpu", "engine", "PyTorch"),
                new Lineage(
                        320,
                        List.of(new Lineage.Intervention(
                                899, "forget", Map.of("examples", "20"), Instant.EPOCH, "ann", "asked")),
                        List.of(352L),
                        List.of(new Lineage.SetAside(700, 732, "non_finite"))));
    }

    private static VersionRecord throughTheTopic(VersionRecord version) {
        return RegistryJson.readVersion(RegistryJson.write(version));
    }

    @Test
    void acceptsWhatItsKeySignedAfterTheWayThroughTheTopic() {
        VersionRecord signed = throughTheTopic(signer.sign(version("m", 2)));

        assertThat(signed).isEqualTo(signer.sign(version("m", 2)));
        assertThat(trusted.keyIds()).containsExactly(signer.keyId());
        assertThatCode(() -> trusted.require(signed)).doesNotThrowAnyException();
        assertThatCode(() -> VersionTrust.ANYONE.require(version("m", 2))).doesNotThrowAnyException();
    }

    @Test
    void aSignedRecordIsTheUnsignedOneAndAFieldMore() {
        String unsigned = new String(RegistryJson.write(version("m", 2)), UTF_8);
        VersionRecord signed = signer.sign(version("m", 2));

        assertThat(new String(RegistryJson.write(signed), UTF_8))
                .startsWith(unsigned.substring(0, unsigned.length() - 1) + ",\"signature\":{\"keyId\":\""
                        + signer.keyId() + "\",\"value\":\"");
        assertThat(signer.sign(signed)).isEqualTo(signed);
    }

    @Test
    void refusesARecordInWhichAnyByteWasFlipped() {
        VersionRecord untouched = signer.sign(version("m", 2));
        byte[] signed = RegistryJson.write(untouched);
        int refused = 0;
        for (int i = 0; i < signed.length; i++) {
            for (int bit = 0; bit < 2; bit++) {
                byte[] flipped = signed.clone();
                flipped[i] ^= (byte) (1 << bit);
                VersionRecord read;
                try {
                    read = RegistryJson.readVersion(flipped);
                } catch (RegistryFormatException e) {
                    continue;
                }
                if (!read.equals(untouched)) {
                    assertThatThrownBy(() -> trusted.require(read))
                            .as(new String(flipped, UTF_8))
                            .isInstanceOf(UntrustedVersionException.class);
                    refused++;
                }
            }
        }
        assertThat(refused).isGreaterThan(signed.length / 2);
    }

    @Test
    void refusesARecordWithoutASignature() {
        assertThatThrownBy(() -> trusted.require(version("m", 2)))
                .isInstanceOf(UntrustedVersionException.class)
                .hasMessageStartingWith("version 2 of model m is not signed");
        assertThatThrownBy(() -> trusted.require(signer.sign(version("m", 2)).signed(null)))
                .hasMessageContaining("is not signed");
    }

    @Test
    void refusesTheSignatureOfAnotherKey() throws IOException {
        RecordSigner other = RecordSigner.generate(folder.resolve("other.key"));
        VersionRecord byOther = other.sign(version("m", 2));

        assertThatThrownBy(() -> trusted.require(byOther))
                .isInstanceOf(UntrustedVersionException.class)
                .hasMessageContaining(
                        "is signed by the key " + other.keyId() + ", which is not among the trusted ones");
        RecordSignature signature = byOther.signature();
        assertThat(signature).isNotNull();
        assertThatThrownBy(() -> trusted.require(byOther.signed(
                        new RecordSignature(signer.keyId(), signature == null ? "" : signature.value()))))
                .hasMessageContaining("is not what the key " + signer.keyId() + " has signed");
    }

    @Test
    void refusesASignatureThatWasMovedToAnotherRecord() {
        RecordSignature signature = signer.sign(version("m", 2)).signature();

        for (VersionRecord other : List.of(version("m", 3), version("n", 2))) {
            assertThatThrownBy(() -> trusted.require(other.signed(signature)))
                    .isInstanceOf(UntrustedVersionException.class)
                    .hasMessageContaining("its record was changed, or carries the signature of another");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "AA==", "no Base64"})
    void refusesWhatCouldBeNobodysSignature(String value) {
        assertThatThrownBy(() -> trusted.require(version("m", 2).signed(new RecordSignature(signer.keyId(), value))))
                .isInstanceOf(UntrustedVersionException.class)
                .hasMessageContaining("is not what the key");
    }

    @Test
    void theSameKeyIsReadAgain() throws IOException {
        assertThat(RecordSigner.read(file).keyId()).isEqualTo(signer.keyId());
        assertThat(RecordSigner.read(file).sign(version("m", 2))).isEqualTo(signer.sign(version("m", 2)));
    }

    @Test
    void aKeyOfTheStandardGivesItsPublicKey() throws IOException {
        // RFC 8032, section 7.1, test 1: a private key and its public one, behind what PKCS#8 and X.509 put before
        // them.
        write(
                "rfc.key",
                Pem.write(
                        Pem.PRIVATE_KEY,
                        hex("302e020100300506032b657004220420"
                                + "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")));
        Path published = write(
                "rfc.pub",
                Pem.write(
                        Pem.PUBLIC_KEY,
                        hex("302a300506032b6570032100"
                                + "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")));

        assertThat(TrustedKeys.read(published).keyIds())
                .containsExactly(RecordSigner.read(folder.resolve("rfc.key")).keyId());
    }

    @Test
    void trustsAllKeysOfAFileAndOfAFolder() throws IOException {
        RecordSigner other = RecordSigner.generate(folder.resolve("other.key"));
        Path both = write(
                "both.pub",
                "for the night shift\n" + Files.readString(RecordSigner.publicFile(file)) + "\n"
                        + Files.readString(folder.resolve("other.key.pub")));
        Path keys = Files.createDirectories(folder.resolve("keys"));
        Files.copy(folder.resolve("other.key.pub"), keys.resolve("other.pub"));
        Files.copy(RecordSigner.publicFile(file), keys.resolve("trainer.pub"));
        Files.writeString(keys.resolve(".hidden"), "nothing");

        assertThat(TrustedKeys.read(both).keyIds()).containsExactlyInAnyOrder(signer.keyId(), other.keyId());
        assertThat(TrustedKeys.read(keys).keyIds()).containsExactlyInAnyOrder(signer.keyId(), other.keyId());
    }

    @Test
    void makesFilesThatOnlyTheOwnerReadsAndOverwritesNone() throws IOException {
        String before = Files.readString(file);

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThatThrownBy(() -> RecordSigner.generate(file)).isInstanceOf(FileAlreadyExistsException.class);
        assertThat(file).hasContent(before);
        Files.delete(file);
        assertThatThrownBy(() -> RecordSigner.generate(file)).isInstanceOf(FileAlreadyExistsException.class);
        assertThat(file).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-r-----", "rw----r--", "rw-----w-"})
    void refusesAPrivateKeyThatOthersMayUse(String rights) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(rights));

        assertThatThrownBy(() -> RecordSigner.read(file))
                .isInstanceOf(KeyFileException.class)
                .hasMessageContaining("may be used by others than its owner (" + rights + ")")
                .hasMessageContaining("chmod 600");
    }

    @Test
    void saysWhatIsWrongWithAPrivateKey() throws Exception {
        String key = Files.readString(file);
        assertRefused(folder.resolve("none.key"), "there is no key file");
        assertRefused(write("empty.key", ""), "holds no key");
        assertRefused(write("two.key", key + key), "holds 2 keys");
        assertRefused(write("cut.key", key.substring(0, key.length() - 10)), "holds no key");
        assertRefused(write("odd.key", key.replaceFirst("\nM", "\n*")), "is not Base64");
        assertRefused(write("bytes.key", Pem.write(Pem.PRIVATE_KEY, new byte[48])), "holds no Ed25519 key");
        byte[] rsa = KeyPairGenerator.getInstance("RSA")
                .generateKeyPair()
                .getPrivate()
                .getEncoded();
        assertRefused(write("rsa.key", Pem.write(Pem.PRIVATE_KEY, rsa)), "holds no Ed25519 key");
        assertRefused(
                write("public.key", Files.readString(RecordSigner.publicFile(file))),
                "holds a PUBLIC KEY, but a PRIVATE KEY is wanted");
    }

    @Test
    void saysWhatIsWrongWithTrustedKeys() throws Exception {
        String key = Files.readString(RecordSigner.publicFile(file));
        assertThatThrownBy(() -> TrustedKeys.read(folder.resolve("none")))
                .isInstanceOf(KeyFileException.class)
                .hasMessageContaining("there is no key file");
        assertThatThrownBy(() -> TrustedKeys.read(Files.createDirectory(folder.resolve("empty"))))
                .hasMessageContaining("holds no key, so no version could be trusted");
        assertThatThrownBy(() -> TrustedKeys.read(file)).hasMessageContaining("holds a PRIVATE KEY, but a PUBLIC KEY");
        assertThatThrownBy(() -> TrustedKeys.read(write("cut.pub", key + key.substring(0, 40))))
                .hasMessageContaining("begins and does not end");
        byte[] rsa = KeyPairGenerator.getInstance("RSA")
                .generateKeyPair()
                .getPublic()
                .getEncoded();
        assertThatThrownBy(() -> TrustedKeys.read(write("rsa.pub", Pem.write(Pem.PUBLIC_KEY, rsa))))
                .hasMessageContaining("not of Ed25519");
    }

    private static void assertRefused(Path file, String message) {
        assertThatThrownBy(() -> RecordSigner.read(file))
                .as(file.toString())
                .isInstanceOf(KeyFileException.class)
                .hasMessageContaining(message);
    }

    private Path write(String name, String text) throws IOException {
        Path written = Files.writeString(folder.resolve(name), text);
        Files.setPosixFilePermissions(written, PosixFilePermissions.fromString("rw-------"));
        return written;
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }
}
