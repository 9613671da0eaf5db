package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.registry.Alias;
import dev.millrace.registry.Artifact;
import dev.millrace.registry.FolderArtifactStore;
import dev.millrace.registry.LogPosition;
import dev.millrace.registry.RecordSigner;
import dev.millrace.registry.RegistryTopic;
import dev.millrace.registry.VersionPublisher;
import dev.millrace.registry.VersionRecord;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Keys, as those meet them who type commands. Version 1 is signed by {@code a.key}, version 2 by nobody. */
@Timeout(120)
class SignedVersionsTest {

    private static final Instant TIME = Instant.parse("2026-11-24T10:00:00Z");

    @TempDir
    private Path folder = Path.of("");

    private EmbeddedBroker broker;
    private String keyId = "";

    @BeforeEach
    void publish() throws Exception {
        assertThat(new Shell(folder).run("registry", "keygen", "--to", "a.key")).isZero();
        Shell second = new Shell(folder);
        assertThat(second.run("registry", "keygen", "--to", "b.key", "--json")).isZero();
        assertThat(second.out()).contains("\"publicFile\" : ", "b.key.pub\"");
        FolderArtifactStore.open(folder.resolve("store"));
        broker = EmbeddedBroker.start(folder.resolve("kafka"));
        Map<String, Object> client = Map.of("bootstrap.servers", broker.bootstrapServers());
        try (Admin admin = Admin.create(client)) {
            admin.createTopics(RegistryTopic.all("model-registry", (short) 1))
                    .all()
                    .get();
        }
        RecordSigner signer = RecordSigner.read(folder.resolve("a.key"));
        keyId = signer.keyId();
        try (VersionPublisher publisher = VersionPublisher.open(client, "model-registry", "test")) {
            publisher.change(
                    List.of(
                            signer.sign(version(1)),
                            version(2),
                            new Alias("support", Alias.CHAMPION, 2, null, TIME, "somebody", "because")),
                    List.of());
        }
    }

    private static VersionRecord version(long number) {
        return new VersionRecord(
                "support",
                number,
                TIME,
                null,
                "tiny",
                List.of(new Artifact("weights", 123, "ab".repeat(32), "sha256/ab/" + "ab".repeat(32))),
                List.of("billing", "shipping"),
                new LogPosition("training-examples", 0, 500),
                500,
                16,
                TIME,
                Map.of(),
                "cd".repeat(32),
                Map.of(),
                Map.of(),
                null);
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private Shell run(int exit, String arguments) {
        Shell shell = new Shell(folder);
        List<String> all = new ArrayList<>(List.of(arguments.split(" ")));
        all.addAll(List.of("--bootstrap-servers", broker.bootstrapServers(), "--set", "registry.store=store"));
        assertThat(shell.run(all.toArray(String[]::new))).as(shell::err).isEqualTo(exit);
        return shell;
    }

    @Test
    void showsWhoSigned() {
        String trusting = " --set registry.trusted-keys=";

        assertThat(run(0, "registry show support 1").out())
                .containsPattern("signed by +" + keyId + ", not verified: registry.trusted-keys is not set");
        assertThat(run(0, "registry show support 2").out()).containsPattern("signed by +nobody\n");
        assertThat(run(0, "registry show support 1" + trusting + "a.key.pub").out())
                .containsPattern("signed by +" + keyId + ", verified\n");
        assertThat(run(0, "registry show support 1" + trusting + "b.key.pub").out())
                .containsPattern("signed by +" + keyId + ", NOT TRUSTED: .* is not among the trusted ones");
        assertThat(run(0, "registry show support 2" + trusting + "a.key.pub").out())
                .containsPattern("signed by +nobody, NOT TRUSTED: ");
    }

    @Test
    void pullsOnlyWhatATrustedKeySigned() {
        String trusting = " --set registry.trusted-keys=a.key.pub";

        assertThat(run(2, "registry pull support" + trusting).err())
                .contains("cannot pull support, version 2: version 2 of model support is not signed");
        assertThat(folder.resolve("support-2")).doesNotExist();
        // The signed one gets further, to the files, which are not there.
        assertThat(run(2, "registry pull support 1" + trusting).err()).doesNotContain("sign");
    }

    @Test
    void scoresOnlyWithWhatATrustedKeySigned() {
        assertThat(run(2, "score hello --model support --wait 2 --set registry.trusted-keys=a.key.pub")
                        .err())
                .contains("version 2 of model support is not signed");
    }

    @Test
    void aKeyIsNeverOverwritten() throws Exception {
        String before = Files.readString(folder.resolve("a.key"));
        Shell shell = new Shell(folder);

        assertThat(shell.run("registry", "keygen", "--to", "a.key")).isEqualTo(2);
        assertThat(shell.err()).contains("a.key is there already, and a key is never overwritten");
        assertThat(folder.resolve("a.key")).hasContent(before);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("a.key"))))
                .isEqualTo("rw-------");
    }

    @Test
    void keysThatCannotBeUsedStopTheCommand() throws Exception {
        Files.setPosixFilePermissions(folder.resolve("b.key"), PosixFilePermissions.fromString("rw-r--r--"));

        assertThat(run(
                                2,
                                "run --roles trainer --set trainer.base=tiny --set models=support --set registry.signing-key=b.key")
                        .err())
                .contains("registry.signing-key cannot be used: ")
                .contains("may be used by others than its owner (rw-r--r--)");
        assertThat(run(2, "score hello --model support --set registry.trusted-keys=nowhere")
                        .err())
                .contains("registry.trusted-keys cannot be used: there is no key file");
    }
}
