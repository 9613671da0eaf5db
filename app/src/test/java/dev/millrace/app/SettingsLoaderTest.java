package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ingest.IngestSettings;
import dev.millrace.registry.S3Location;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsLoaderTest {

    @TempDir
    private Path folder = Path.of("");

    private Path yaml(String text) throws IOException {
        return Files.writeString(folder.resolve("millrace.yaml"), text);
    }

    private static List<String> problems(SettingsLoader loader) {
        try {
            loader.load();
        } catch (SettingsException e) {
            return e.problems();
        }
        throw new AssertionError("must be refused");
    }

    @Test
    void theDefaultsAloneAreValidAndTyped() {
        Settings settings = new SettingsLoader().load().settings();

        assertThat(settings.models()).containsExactly("default");
        assertThat(settings.kafka().clientProperties())
                .containsExactly(Map.entry("bootstrap.servers", "localhost:9092"));
        assertThat(settings.ingest().deduplicationWindow()).isEqualTo(Duration.ofDays(7));
        assertThat(settings.trainer().versionEvery()).isEqualTo(Duration.ofMinutes(5));
        assertThat(settings.recipe().asMap()).containsEntry("encoder-learning-rate", "1.5E-4");
        assertThat(settings.registry().store()).isEqualTo(Path.of("millrace-data", "artifacts"));
        assertThat(settings.http()).isEqualTo(HttpHere.onPort(8080));
    }

    @Test
    void aStoreIsAFolderOrInS3() {
        SettingsLoader loader = new SettingsLoader();
        loader.put("registry.store", "s3://models/all", "here");
        assertThat(loader.load().settings().registry().s3())
                .isEqualTo(new S3Location("models", "all/", null, null, false));

        loader.put("registry.s3-endpoint", "http://minio:9000", "here");
        loader.put("registry.s3-region", "eu-west-1", "here");
        assertThat(loader.load().settings().registry().s3())
                .isEqualTo(new S3Location("models", "all/", URI.create("http://minio:9000"), "eu-west-1", true));

        loader.put("registry.s3-endpoint", "http://me:secret@minio:9000", "here");
        assertThat(problems(loader)).singleElement().asString().contains("registry.s3-endpoint must be");
    }

    @Test
    void sheddingBeginsNoSoonerThanTwoVersionsBehind() {
        SettingsLoader loader = new SettingsLoader().put("ingest.shed-above-lag", "999", "here");
        assertThat(problems(loader))
                .singleElement()
                .asString()
                .contains("ingest.shed-above-lag must be 0 or at least twice trainer.version-every-examples (500)");

        loader.put("ingest.shed-above-lag", "1000", "here");
        IngestSettings.Shedding shedding = NeededTopics.ingestSettings(
                        loader.load().settings(), Path.of(""))
                .shedding();
        assertThat(shedding).isEqualTo(new IngestSettings.Shedding("millrace-trainer", 1000, 0.05));
        assertThat(NeededTopics.ingestSettings(new SettingsLoader().load().settings(), Path.of(""))
                        .shedding())
                .isNull();
    }

    @Test
    void aModelHasSomethingOtherwiseThanTheRest() throws IOException {
        Path file = yaml("""
                models: [support, fraud.eu]
                trainer:
                  batch-size: 8
                  base: tiny
                jobs:
                  fraud.eu:
                    trainer:
                      batch-size: 4
                      base: ./other
                """);
        EffectiveSettings effective = new SettingsLoader()
                .file(file)
                .assignment("--set", "jobs.fraud.eu.trainer.frozen-layers=2")
                .load();
        Settings settings = effective.settings();
        Settings fraud = settings.forModel("fraud.eu");

        assertThat(fraud.trainer().base()).isEqualTo("./other");
        assertThat(fraud.recipe().asMap())
                .containsEntry("batch-size", "4")
                .containsEntry("frozen-layers", "2")
                .containsEntry("seed", String.valueOf(settings.recipe().asMap().get("seed")));
        assertThat(settings.forModel("support")).isSameAs(settings);
        assertThat(settings.trainer().base()).isEqualTo("tiny");
        assertThat(effective.entries())
                .filteredOn(entry -> entry.key().startsWith("jobs."))
                .extracting(EffectiveSettings.Entry::key)
                .containsExactly(
                        "jobs.fraud.eu.trainer.batch-size",
                        "jobs.fraud.eu.trainer.base",
                        "jobs.fraud.eu.trainer.frozen-layers");
    }

    @Test
    void whatAModelHasOtherwiseIsCheckedLikeTheRest() {
        assertThat(problems(new SettingsLoader()
                        .assignment("--set", "models=support")
                        .assignment("--set", "jobs.support.trainer.batch-size=0")
                        .assignment("--set", "jobs.support.trainer.batch-sice=8")
                        .assignment("--set", "jobs.support.gate.least-examples=8")
                        .assignment("--set", "jobs.trainer.base=tiny")))
                .satisfiesExactly(
                        one -> assertThat(one).contains("did you mean jobs.support.trainer.batch-size?"),
                        two -> assertThat(two).contains("there is no setting jobs.support.gate.least-examples"),
                        three -> assertThat(three).contains("there is no setting jobs.trainer.base"),
                        four -> assertThat(four)
                                .contains("jobs.support.trainer.batch-size must be a whole number from 1 to 4096"));
        assertThat(problems(new SettingsLoader()
                        .assignment("--set", "models=support")
                        .assignment("--set", "jobs.fraud.trainer.batch-size=8")))
                .singleElement()
                .asString()
                .contains("jobs.fraud.trainer.batch-size is of fraud, which models does not name");
    }

    @Test
    void aModelIsACopyOfAnotherOneThatThereIs() {
        assertThat(new SettingsLoader()
                        .assignment("--set", "models=support,support-2")
                        .assignment("--set", "jobs.support-2.ingest.copy-of=support")
                        .load()
                        .settings()
                        .model(null))
                .as("the only one that is no copy need not be named")
                .isEqualTo("support");
        assertThat(problems(new SettingsLoader().assignment("--set", "ingest.copy-of=support")))
                .singleElement()
                .asString()
                .contains("write jobs.MODEL.ingest.copy-of: support");
        assertThat(problems(new SettingsLoader()
                        .assignment("--set", "models=a,b,c,d")
                        .assignment("--set", "jobs.a.ingest.copy-of=b")
                        .assignment("--set", "jobs.b.ingest.copy-of=a")
                        .assignment("--set", "jobs.c.ingest.copy-of=x")
                        .assignment("--set", "jobs.d.ingest.copy-of=a")))
                .satisfiesExactly(
                        one -> assertThat(one).contains("jobs.a.ingest.copy-of must not lead back to a"),
                        two -> assertThat(two).contains("jobs.b.ingest.copy-of must not lead back to b"),
                        three -> assertThat(three)
                                .contains("jobs.c.ingest.copy-of must be another of models, a, b, c, d, but is \"x\""));
        assertThat(problems(new SettingsLoader()
                        .assignment("--set", "models=support")
                        .assignment("--set", "jobs.support.ingest.copyof=a")))
                .singleElement()
                .asString()
                .contains("did you mean jobs.support.ingest.copy-of?");
    }

    @Test
    void aLaterPlaceWinsAndEachValueSaysWhereItCameFrom() throws IOException {
        Path file = yaml("""
                trainer:
                  batch-size: 8
                  max-tokens: 64
                  seed: 7
                kafka.bootstrap-servers: [one:9092, two:9092]
                """);

        EffectiveSettings effective = new SettingsLoader()
                .put("trainer.seed", "1", "quick start")
                .put("trainer.frozen-layers", "3", "quick start")
                .file(file)
                .environment(Map.of(
                        "MILLRACE_TRAINER_BATCH_SIZE", "16", "MILLRACE_TRAINER_MAX_TOKENS", "32", "PATH", "/bin"))
                .assignment("--set", "trainer.batch-size=24")
                .load();

        Settings settings = effective.settings();
        assertThat(settings.recipe().batchSize()).isEqualTo(24);
        assertThat(settings.recipe().maxTokens()).isEqualTo(32);
        assertThat(settings.recipe().asMap()).containsEntry("seed", "7");
        assertThat(settings.recipe().asMap()).containsEntry("frozen-layers", "3");
        assertThat(settings.kafka().bootstrapServers()).isEqualTo("one:9092,two:9092");
        assertThat(effective.entries())
                .contains(
                        new EffectiveSettings.Entry("trainer.batch-size", "24", "option --set"),
                        new EffectiveSettings.Entry(
                                "trainer.max-tokens", "32", "environment: MILLRACE_TRAINER_MAX_TOKENS"),
                        new EffectiveSettings.Entry("trainer.seed", "7", file + ":4"),
                        new EffectiveSettings.Entry("trainer.frozen-layers", "3", "quick start"),
                        new EffectiveSettings.Entry("trainer.idle-flush", "2s", "default"));
    }

    @Test
    void allProblemsAreReportedAtOnceWithTheirPlaceAndTheRule() throws IOException {
        Path file = yaml("""
                trainer:
                  batch-size: many
                  batchsize: 3
                  max-batch-age: 5
                models: [a, a]
                http:
                  port: 70000
                  host:
                """);

        List<String> problems = problems(new SettingsLoader()
                .file(file)
                .environment(Map.of("MILLRACE_TRAINER_SED", "1", "MILLRACE_TRAINER_EMA_DECAY", "NaN"))
                .assignment("--set", "trainer.device=tpu")
                .assignment("--set", "nonsense"));

        assertThat(problems)
                .containsExactlyInAnyOrder(
                        file + ":2: trainer.batch-size must be a whole number from 1 to 4096, but is \"many\"",
                        file + ":3: there is no setting trainer.batchsize; did you mean trainer.batch-size?",
                        file + ":4: trainer.max-batch-age must be a duration of at least 1ms, such as 500ms, 5s, 10m, "
                                + "12h, 7d or PT5M, but is \"5\"",
                        file + ":5: models must be one or more different names, separated by commas, each 1 to 100 of "
                                + "the characters A-Z a-z 0-9 . _ -, but is \"a,a\"",
                        file + ":7: http.port must be a whole number from 0 to 65535, but is \"70000\"",
                        file + ":8: http.host has no value; write one, or \"\" for an empty one",
                        "environment: MILLRACE_TRAINER_SED names no setting; did you mean MILLRACE_TRAINER_SEED?",
                        "environment: MILLRACE_TRAINER_EMA_DECAY: trainer.ema-decay must be a number from 0 to 0.999999, "
                                + "but is \"NaN\"",
                        "option --set: trainer.device must be one of auto, cpu, gpu, but is \"tpu\"",
                        "option --set: must be key=value, but is \"nonsense\"");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    'models: a\nmodels: b\n'                              | :2: models is given twice, first at
                    'trainer:\n  seed: 1\ntrainer.seed: 2\n'              | :3: trainer.seed is given twice, first at
                    'trainer:\n  seed: 1\ntrainer:\n  seed: 2\n'          | :4: trainer.seed is given twice, first at
                    '- models\n'                                          | :1: must be a map of settings
                    'models: "unclosed\n'                                 | : not valid YAML:
                    'models: [a, [b]]\n'                                  | :1: models must be a list of plain values
                    'a: &x 1\nmodels: *x\n'                               | :2: models is a YAML alias
                    'models: a\n---\nmodels: b\n'                         | must be one document
                    'batch-size: 3\n'                                     | :1: there is no setting batch-size; did you mean trainer.batch-size?
                    'zzz: 3\n'                                            | :1: there is no setting zzz; "millrace settings" lists them
                    """)
    void saysWhatIsWrongWithAFile(String text, String problem) throws IOException {
        Path file = yaml(text.replace("\\n", "\n"));

        assertThat(problems(new SettingsLoader().file(file)))
                .anySatisfy(line -> assertThat(line).startsWith(file.toString()).contains(problem));
    }

    @Test
    void anEmptyFileIsFineAndAMissingOneIsNot() throws IOException {
        assertThat(new SettingsLoader().file(yaml("# nothing yet\n")).load().settings())
                .isEqualTo(new SettingsLoader().load().settings());
        assertThat(problems(new SettingsLoader().file(folder.resolve("gone.yaml"))))
                .containsExactly(folder.resolve("gone.yaml") + ": no such file");
    }

    @Test
    void settingsOfKafkaArePassedThroughAndTheirSecretsNeverShown() throws IOException {
        EffectiveSettings effective = new SettingsLoader()
                .file(yaml("""
                        kafka:
                          client:
                            security.protocol: SASL_SSL
                            sasl.jaas.config: a password=hunter2
                            my.own.plugin.token: hunter2
                        """))
                .environment(Map.of("MILLRACE_KAFKA_CLIENT_SSL_KEY_PASSWORD", "hunter2"))
                .load();

        assertThat(effective.settings().kafka().clientProperties())
                .containsEntry("security.protocol", "SASL_SSL")
                .containsEntry("sasl.jaas.config", "a password=hunter2")
                .containsEntry("my.own.plugin.token", "hunter2")
                .containsEntry("ssl.key.password", "hunter2");
        assertThat(effective.settings().toString()).doesNotContain("hunter2");
        assertThat(effective.entries().toString())
                .doesNotContain("hunter2")
                .contains("kafka.client.security.protocol, value=SASL_SSL")
                .contains("kafka.client.sasl.jaas.config, value=[hidden]");
    }

    @Test
    void thePrefixIsPartOfEveryTopicAndNoTwoTopicsAreTheSame() {
        assertThat(new SettingsLoader()
                        .put("topic-prefix", "team-a.", "test")
                        .load()
                        .settings()
                        .topics()
                        .all())
                .containsExactly(
                        "team-a.examples",
                        "team-a.training-examples",
                        "team-a.examples-rejected",
                        "team-a.model-registry",
                        "team-a.model-registry-audit",
                        "team-a.model-deployments",
                        "team-a.inputs",
                        "team-a.labels",
                        "team-a.examples-unpaired",
                        "team-a.predictions",
                        "team-a.training-progress");
        assertThatThrownBy(() -> new SettingsLoader()
                        .put("topics.examples", "model-registry", "test")
                        .load())
                .asInstanceOf(InstanceOfAssertFactories.throwable(SettingsException.class))
                .hasMessageContaining("two are called model-registry");
    }

    @Test
    void onlyOneVersionIsTriedAndItIsAnotherOne() {
        assertThatThrownBy(() -> new SettingsLoader()
                        .put("score.canary-alias", "candidate", "test")
                        .put("score.shadow-alias", "next", "test")
                        .load())
                .asInstanceOf(InstanceOfAssertFactories.throwable(SettingsException.class))
                .hasMessageContaining("either canary-alias or shadow-alias");
        assertThatThrownBy(() -> new SettingsLoader()
                        .put("score.shadow-alias", "champion", "test")
                        .load())
                .asInstanceOf(InstanceOfAssertFactories.throwable(SettingsException.class))
                .hasMessageContaining("must be another one than score.alias");
        assertThatThrownBy(() -> new SettingsLoader()
                        .put("score.canary-alias", "a/b", "test")
                        .put("score.canary-share", "1", "test")
                        .load())
                .asInstanceOf(InstanceOfAssertFactories.throwable(SettingsException.class))
                .hasMessageContaining("score.canary-alias")
                .hasMessageContaining("score.canary-share");
    }

    @Test
    void everySettingHasAnEnvironmentVariableOfItsOwn() {
        Set<String> keys = SettingsTable.definition().names();
        Set<String> variables = new HashSet<>();

        keys.forEach(key -> variables.add(SettingsLoader.variable(key)));

        assertThat(variables)
                .hasSameSizeAs(keys)
                .doesNotContain("MILLRACE_HOME", "MILLRACE_JAVA_OPTS", "MILLRACE_LOG_LEVEL");
    }
}
