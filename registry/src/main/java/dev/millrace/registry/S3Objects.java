package dev.millrace.registry;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.MetadataDirective;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * The few requests that a store makes of S3, below its prefix. Each is tried four times at most and has a limit; what fails
 * is told as {@link S3Failure} does. Thread-safe.
 */
final class S3Objects implements AutoCloseable {

    /** The metadata in which an object carries the digest of the bytes that it was put with. */
    private static final String SHA_256 = "sha256";

    private static final Duration CONNECTING = Duration.ofSeconds(10);
    private static final Duration SILENCE = Duration.ofSeconds(30);
    private static final Duration WHOLE_REQUEST = Duration.ofMinutes(15);
    private static final int TRIES = 4;
    private static final String NOWHERE = "us-east-1";

    /**
     * What a store says of an object without its bytes.
     *
     * @param size in bytes
     * @param sha256 of the bytes that it was put with, or null when somebody else put it
     * @param modified by the service's clock
     */
    record Head(long size, @Nullable String sha256, Instant modified) {}

    /** What reads an object's bytes. */
    @FunctionalInterface
    interface Reader<T> {
        T read(ResponseInputStream<GetObjectResponse> bytes) throws IOException;
    }

    private final S3Location where;
    private final S3Client client;

    private S3Objects(S3Location where, S3Client client) {
        this.where = where;
        this.client = client;
    }

    static S3Objects open(S3Location where, Consumer<S3ClientBuilder> more) throws IOException {
        S3ClientBuilder builder = S3Client.builder()
                .httpClientBuilder(UrlConnectionHttpClient.builder()
                        .connectionTimeout(CONNECTING)
                        .socketTimeout(SILENCE))
                .overrideConfiguration(limits -> limits.retryStrategy(retries -> retries.maxAttempts(TRIES))
                        .apiCallTimeout(WHOLE_REQUEST))
                // We know each file's SHA-256 beforehand and check it afterwards; other services know no other
                // checksum.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                .forcePathStyle(where.pathStyle());
        if (where.endpoint() != null) {
            builder.endpointOverride(where.endpoint());
        }
        if (where.region() != null) {
            builder.region(Region.of(where.region()));
        } else if (where.endpoint() != null) {
            builder.region(Region.of(NOWHERE));
        }
        more.accept(builder);
        try {
            return new S3Objects(where, builder.build());
        } catch (SdkException e) {
            throw S3Failure.of(where, e);
        }
    }

    Optional<Head> head(String key) throws IOException {
        try {
            HeadObjectResponse head =
                    client.headObject(request -> request.bucket(where.bucket()).key(where.prefix() + key));
            return Optional.of(new Head(head.contentLength(), head.metadata().get(SHA_256), head.lastModified()));
        } catch (NoSuchKeyException e) {
            return Optional.empty();
        } catch (SdkException e) {
            throw S3Failure.of(where, e);
        }
    }

    void put(String key, Path file, String sha256) throws IOException {
        ask(() -> client.putObject(
                request ->
                        request.bucket(where.bucket()).key(where.prefix() + key).metadata(Map.of(SHA_256, sha256)),
                RequestBody.fromFile(file)));
    }

    void putEmpty(String key) throws IOException {
        ask(() -> client.putObject(
                request -> request.bucket(where.bucket()).key(where.prefix() + key), RequestBody.empty()));
    }

    /** Makes an object as young as if it had just been put. */
    void touch(String key, String sha256) throws IOException {
        ask(() -> client.copyObject(request -> request.sourceBucket(where.bucket())
                .sourceKey(where.prefix() + key)
                .destinationBucket(where.bucket())
                .destinationKey(where.prefix() + key)
                .metadataDirective(MetadataDirective.REPLACE)
                .metadata(Map.of(SHA_256, sha256))));
    }

    /** Hands an object's bytes to a reader; empty when there is no such object. */
    <T> Optional<T> read(String key, Reader<T> reader) throws IOException {
        try (ResponseInputStream<GetObjectResponse> bytes =
                client.getObject(request -> request.bucket(where.bucket()).key(where.prefix() + key))) {
            return Optional.of(reader.read(bytes));
        } catch (NoSuchKeyException e) {
            return Optional.empty();
        } catch (SdkException e) {
            throw S3Failure.of(where, e);
        }
    }

    void delete(String key) throws IOException {
        ask(() -> client.deleteObject(request -> request.bucket(where.bucket()).key(where.prefix() + key)));
    }

    /** What takes one object of many. */
    @FunctionalInterface
    interface Visitor {
        void visit(String key, S3Object object) throws IOException;
    }

    /** Shows a visitor each object whose key begins so, in the order of their keys. */
    void list(String beginning, Visitor visitor) throws IOException {
        try {
            for (S3Object object : client.listObjectsV2Paginator(
                            request -> request.bucket(where.bucket()).prefix(where.prefix() + beginning))
                    .contents()) {
                visitor.visit(object.key().substring(where.prefix().length()), object);
            }
        } catch (SdkException e) {
            throw S3Failure.of(where, e);
        }
    }

    private <T> T ask(Supplier<T> request) throws IOException {
        try {
            return request.get();
        } catch (SdkException e) {
            throw S3Failure.of(where, e);
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
