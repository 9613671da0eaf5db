package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.broker.SecuredListener;
import dev.millrace.ingest.ExampleProducer;
import dev.millrace.ingest.IngestObserver;
import dev.millrace.ingest.Pace;
import dev.millrace.registry.RegistryObserver;
import dev.millrace.trainer.TrainingObserver;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A whole Millrace against a Kafka that speaks TLS alone and asks who is there. */
@Timeout(180)
class SecuredKafkaTest {

    private static final String SCRAM = "SCRAM-SHA-512";
    private static final String OAUTH = "OAUTHBEARER";
    private static final String PASSWORD = "changeit";
    private static final Map<String, String> LOGINS = Map.of(
            SCRAM,
            "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"mill\" password=\"grindstone\";",
            OAUTH,
            "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required"
                    + " unsecuredLoginStringClaim_sub=\"mill\";");

    @TempDir
    static Path folder;

    private static EmbeddedBroker broker;

    @BeforeAll
    static void start() throws Exception {
        keytool("-genkeypair -alias broker -keyalg EC -groupname secp256r1 -dname CN=broker -ext san=ip:127.0.0.1"
                + " -validity 2 -storetype PKCS12 -keystore broker.p12");
        keytool("-exportcert -rfc -alias broker -keystore broker.p12 -file ca.pem");
        broker = EmbeddedBroker.start(
                folder.resolve("kafka"),
                new SecuredListener(
                        "SASL_SSL",
                        Map.of(
                                "ssl.keystore.type",
                                "PKCS12",
                                "ssl.keystore.location",
                                folder.resolve("broker.p12").toString(),
                                "ssl.keystore.password",
                                PASSWORD,
                                "sasl.enabled.mechanisms",
                                SCRAM + "," + OAUTH,
                                "listener.name.secured.scram-sha-512.sasl.jaas.config",
                                "org.apache.kafka.common.security.scram.ScramLoginModule required;",
                                // Tokens that nobody has signed: who may sign them is Kafka's affair.
                                "listener.name.secured.oauthbearer.sasl.jaas.config",
                                "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required"
                                        + " unsecuredLoginStringClaim_sub=\"broker\";")));
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(
                            "mill", new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096), "grindstone")))
                    .all()
                    .get();
        }
    }

    private static void keytool(String arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
        command.addAll(List.of(arguments.split(" ")));
        command.addAll(List.of("-storepass", PASSWORD));
        Path said = folder.resolve("keytool.txt");
        Process tool = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        assertThat(tool.waitFor()).as(Files.readString(said)).isZero();
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static Map<String, String> settings(String mechanism) {
        Map<String, String> all = new TreeMap<>(Map.of(
                "topic-prefix", mechanism + "-",
                "data-directory", folder.resolve(mechanism).toString(),
                "kafka.partitions", "1",
                "http.port", "0",
                "trainer.base", "tiny",
                "trainer.batch-size", "8",
                "trainer.threads", "1",
                "trainer.idle-flush", "200ms"));
        all.putAll(Map.of(
                "kafka.bootstrap-servers",
                broker.securedServers(),
                "kafka.client.security.protocol",
                "SASL_SSL",
                "kafka.client.ssl.truststore.type",
                "PEM",
                "kafka.client.ssl.truststore.location",
                folder.resolve("ca.pem").toString(),
                "kafka.client.sasl.mechanism",
                mechanism,
                "kafka.client.sasl.jaas.config",
                String.valueOf(LOGINS.get(mechanism)),
                // Groups and transactions of their own, so that the two do not meet.
                "ingest.application-id",
                mechanism + "-ingest",
                "trainer.group-id",
                mechanism + "-trainer",
                "score.group-id",
                mechanism + "-score"));
        return all;
    }

    private static String run(Map<String, String> settings, int exit, String... command) {
        List<String> arguments = new ArrayList<>(List.of(command));
        settings.forEach((key, value) -> arguments.addAll(List.of("--set", key + "=" + value)));
        Shell shell = new Shell(folder);
        assertThat(shell.run(arguments.toArray(String[]::new)))
                .as(() -> shell.err() + shell.out())
                .isEqualTo(exit);
        return exit == 0 ? shell.out() : shell.err();
    }

    @ParameterizedTest
    @ValueSource(strings = {SCRAM, OAUTH})
    void everyRoleAndCommandSpeaksToIt(String mechanism) throws Exception {
        Map<String, String> settings = settings(mechanism);
        Path examples = folder.resolve("examples.jsonl");
        Files.writeString(
                examples,
                IntStream.range(0, 24)
                        .mapToObj(i -> "{\"text\": \"the %s number %d\", \"label\": \"%s\"}%n"
                                .formatted(i % 2 == 0 ? "wave" : "spoon", i, i % 2 == 0 ? "sea" : "kitchen"))
                        .collect(Collectors.joining()));
        SettingsLoader loader = new SettingsLoader();
        settings.forEach((key, value) -> loader.put(key, value, "test"));
        try (Rooms all = Rooms.start(
                loader.load().settings(),
                EnumSet.allOf(Role.class),
                new Shell(folder).surroundings(),
                new Observers(IngestObserver.NONE, TrainingObserver.NONE, RegistryObserver.NONE))) {
            assertThat(run(settings, 0, "produce", examples.toString())).contains("Sent 24 examples");
            ask(loader.load().settings());
            PredictionScene.await(
                    "a version is served",
                    () -> all.subscription("default")
                            .flatMap(one -> one.current())
                            .isPresent());
            assertThat(run(settings, 0, "score", "the wave")).containsAnyOf("sea", "kitchen");
            assertThat(run(
                            settings,
                            0,
                            "registry",
                            "promote",
                            "default",
                            "latest",
                            "--alias",
                            "tried",
                            "--reason",
                            "so"))
                    .contains("tried");
            assertThat(run(settings, 0, "registry", "list")).contains("tried");
            run(settings, 0, "control", "default", "checkpoint");
            assertThat(run(settings, 0, "doctor")).contains("1 brokers answer");
            PredictionScene.await("inputs are answered", () -> hasRecords(mechanism + "-predictions"));
            assertThat(all.failure()).isEmpty();
        }
    }

    private static void ask(Settings settings) {
        try (ExampleProducer producer = new ExampleProducer(
                settings.kafka().bootstrapServers(),
                settings.topics().inputs(),
                settings.kafka().client(),
                Pace.unlimited())) {
            producer.send("{\"text\": \"the spoon\"}".getBytes(StandardCharsets.UTF_8));
            producer.flush();
        }
    }

    private static boolean hasRecords(String topic) {
        TopicPartition partition = new TopicPartition(topic, 0);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            return ClusterCheckup.answer(admin.listOffsets(Map.of(partition, OffsetSpec.latest()))
                                    .partitionResult(partition))
                            .offset()
                    > 0;
        }
    }

    @Test
    void aWrongPasswordAndAnUnknownAuthorityAreRefusedAndNoSecretIsTold() {
        String told = run(
                with(
                        settings(SCRAM),
                        "kafka.client.sasl.jaas.config",
                        String.valueOf(LOGINS.get(SCRAM)).replace("grindstone", "millstone")),
                2,
                "registry",
                "list");
        assertThat(told).contains("Authentication failed").doesNotContain("millstone");
        assertThat(run(settings(SCRAM), 0, "settings", "--effective"))
                .contains("kafka.client.sasl.mechanism = " + SCRAM)
                .doesNotContain("grindstone");

        Map<String, String> trustsOthers = settings(SCRAM);
        trustsOthers.remove("kafka.client.ssl.truststore.type");
        trustsOthers.remove("kafka.client.ssl.truststore.location");
        assertThat(run(trustsOthers, 2, "registry", "list")).contains("SSL handshake failed");
    }

    private static Map<String, String> with(Map<String, String> settings, String key, String value) {
        Map<String, String> changed = new TreeMap<>(settings);
        changed.put(key, value);
        return changed;
    }
}
