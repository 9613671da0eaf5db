package dev.millrace.registry;

import static dev.millrace.registry.ArtifactStoreContract.content;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProviderChain;
import software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

class S3ArtifactStoreTest implements ArtifactStoreContract {

    private static S3Server server;

    @TempDir
    static Path shared;

    @TempDir
    Path temporary;

    private final List<S3ArtifactStore> opened = new ArrayList<>();
    private String bucket = "";

    @BeforeAll
    static void startServer() throws Exception {
        server = new S3Server(shared.resolve("objects"));
    }

    @AfterAll
    static void stopServer() throws Exception {
        server.stop();
    }

    @BeforeEach
    void createBucket() {
        bucket = "b-" + UUID.randomUUID();
        server.createBucket(bucket);
    }

    @AfterEach
    void closeStores() {
        opened.forEach(S3ArtifactStore::close);
    }

    @Override
    public S3ArtifactStore open(Clock clock) throws IOException {
        return open(clock, builder -> {});
    }

    private S3ArtifactStore open(Clock clock, Consumer<S3ClientBuilder> more) throws IOException {
        S3ArtifactStore store = server.store(bucket, temporary.resolve("copies-" + opened.size()), clock, more);
        opened.add(store);
        return store;
    }

    @Override
    public byte[] kept(Artifact artifact) throws IOException {
        return Files.readAllBytes(server.file(bucket, artifact));
    }

    @Override
    public void damage(Artifact artifact, byte[] bytes) {
        server.blobs()
                .putBlob(
                        bucket,
                        server.blobs()
                                .blobBuilder("models/all/" + artifact.uri())
                                .payload(bytes)
                                .build());
    }

    @Override
    public int countKept() throws IOException {
        return server.count(bucket);
    }

    @Override
    public void age(Artifact artifact, Instant put) throws IOException {
        server.age(bucket, artifact, put);
    }

    @Test
    void usesItsCopyWhenTheServiceIsAwayAndTheServiceOtherwise() throws Exception {
        S3Server other = new S3Server(temporary.resolve("other"));
        other.createBucket(bucket);
        S3ArtifactStore store = other.store(bucket, temporary.resolve("copies"), Clock.systemUTC(), b -> {});
        opened.add(store);
        Artifact artifact = store.put("weights", content("abc"));
        Path copy = store.fetch(artifact);
        Files.writeString(copy, "abd");
        Files.setLastModifiedTime(copy, FileTime.from(Instant.parse("2030-01-01T00:00:00Z")));
        assertThat(store.fetch(artifact)).as("a copy is checked as well").hasContent("abc");

        other.stop();

        assertThat(store.fetch(artifact)).hasContent("abc");
        Artifact unknown = new Artifact("weights", 3, "0".repeat(64), "sha256/00/" + "0".repeat(64));
        assertThatThrownBy(() -> store.fetch(unknown))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot be reached");
    }

    @Test
    void saysWhatIsWrongAndNeverASecret() {
        S3Location here = server.location(bucket);
        S3Location nowhere = server.location("no-such-bucket");
        StaticCredentialsProvider right =
                StaticCredentialsProvider.create(AwsBasicCredentials.create(S3Server.KEY_ID, S3Server.SECRET));
        StaticCredentialsProvider wrong =
                StaticCredentialsProvider.create(AwsBasicCredentials.create(S3Server.KEY_ID, "hush-hush"));
        AwsCredentialsProviderChain none =
                AwsCredentialsProviderChain.of(EnvironmentVariableCredentialsProvider.create());

        assertThat(failure(nowhere, builder -> builder.credentialsProvider(right)))
                .contains("there is no bucket no-such-bucket");
        assertThat(failure(here, builder -> builder.credentialsProvider(wrong)))
                .contains("access was refused")
                .doesNotContain("hush");
        assertThat(failure(here, builder -> builder.credentialsProvider(AnonymousCredentialsProvider.create())))
                .contains("access was refused");
        assertThat(failure(here, builder -> builder.credentialsProvider(none)))
                .contains("no credentials were found")
                .contains("AWS_ACCESS_KEY_ID");
    }

    private String failure(S3Location where, Consumer<S3ClientBuilder> more) {
        StringBuilder messages = new StringBuilder();
        assertThatThrownBy(() -> {
                    S3ArtifactStore store = S3ArtifactStore.open(
                            where, temporary.resolve("copies-" + UUID.randomUUID()), Clock.systemUTC(), more);
                    opened.add(store);
                    store.put("weights", content("abc"));
                })
                .isInstanceOf(IOException.class)
                .hasMessageContaining("s3://" + where.bucket())
                .satisfies(failure -> messages.append(failure.getMessage()));
        return messages.toString();
    }

    /** Does something before one of the requests that a store makes. */
    private static final class Disturbance implements ExecutionInterceptor {

        private int left;
        private Runnable what = () -> {};

        void before(int request, Runnable disturbance) {
            left = request;
            what = disturbance;
        }

        @Override
        public void beforeExecution(Context.BeforeExecution context, ExecutionAttributes attributes) {
            left--;
            if (left == 0) {
                what.run();
            }
        }

        boolean happened() {
            return left <= 0;
        }

        void in(S3ClientBuilder builder) {
            builder.overrideConfiguration(builder.overrideConfiguration().toBuilder()
                    .addExecutionInterceptor(this)
                    .build());
        }
    }

    @Test
    void aFileThatIsPutWhileItIsSweptStaysOrThePutFails() throws IOException {
        Disturbance publication = new Disturbance();
        SweptStore sweeping = open(Clock.systemUTC(), publication::in);
        SweptStore writer = open();
        Set<Boolean> outcomes = new HashSet<>();
        int request = 0;
        for (boolean happened = true; happened; happened = publication.happened()) {
            request++;
            String text = "base " + request;
            Artifact base = writer.put("base", content(text));
            age(base, Instant.now().minus(HOUR.multipliedBy(3)));
            List<Boolean> puts = new ArrayList<>();
            publication.before(request, () -> puts.add(puts(writer, text)));
            sweeping.sweep(base.sha256()::equals, HOUR);
            outcomes.addAll(puts);
            if (!puts.isEmpty()) {
                assertThat(puts.get(0) || puts(writer, text))
                        .as("once more, request %d", request)
                        .isTrue();
                assertThat(kept(base)).as("request %d", request).asString().isEqualTo(text);
            }
        }
        assertThat(outcomes).as("whether the put was done").containsExactlyInAnyOrder(true, false);
        assertThat(request).isGreaterThan(5);
    }

    private static boolean puts(ArtifactStore store, String text) {
        try {
            store.put("base", content(text));
            return true;
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("being swept").hasMessageContaining("put it again");
            return false;
        }
    }

    @Test
    void aSweepThatWasKilledAnywhereLosesNothingAndIsDoneAgain() throws IOException {
        Disturbance kill = new Disturbance();
        SweptStore killed = open(Clock.systemUTC(), kill::in);
        SweptStore writer = open();
        SweptStore later = open(Clock.offset(Clock.systemUTC(), HOUR.multipliedBy(2)));
        Artifact needed = writer.put("weights", content("needed"));
        Predicate<String> unneeded = sha256 -> !sha256.equals(needed.sha256());
        int request = 0;
        for (boolean happened = true; happened; happened = kill.happened()) {
            request++;
            Artifact old = writer.put("weights", content("unneeded"));
            age(needed, Instant.now().minus(HOUR.multipliedBy(3)));
            age(old, Instant.now().minus(HOUR.multipliedBy(3)));
            kill.before(request, () -> {
                throw SdkClientException.create("killed");
            });
            try {
                killed.sweep(unneeded, HOUR);
            } catch (IOException e) {
                assertThat(e).hasMessageContaining("killed");
            }

            assertThat(kept(needed)).as("request %d", request).asString().isEqualTo("needed");
            later.sweep(unneeded, HOUR);
            assertThat(countKept()).as("request %d", request).isEqualTo(1);
        }
        assertThat(request).isGreaterThan(5);
    }

    @Test
    void readsLocations() {
        assertThat(S3Location.of("s3://models", null, null, false).prefix()).isEmpty();
        assertThat(S3Location.of("s3://models/", null, null, false).prefix()).isEmpty();
        assertThat(S3Location.of("s3://models/a/b", null, "eu-west-1", false))
                .isEqualTo(new S3Location("models", "a/b/", null, "eu-west-1", false));
        assertThat(S3Location.of("s3://models/a/", URI.create("http://minio:9000"), null, true))
                .hasToString("s3://models/a/ at http://minio:9000");
        for (String text : List.of("s3:/models", "s3://", "s3://Models", "s3://m/../x?y", "s3://models//a", "models")) {
            assertThatThrownBy(() -> S3Location.of(text, null, null, false))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("s3://BUCKET");
        }
    }
}
