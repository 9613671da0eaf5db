package dev.millrace.registry;

import java.io.IOException;
import java.net.URI;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Instant;
import java.util.Properties;
import java.util.function.Consumer;
import org.gaul.s3proxy.AuthenticationType;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobProviderMetadata;
import org.jclouds.ContextBuilder;
import org.jclouds.blobstore.BlobStore;
import org.jclouds.blobstore.BlobStoreContext;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/** A real S3 server on a free port of this machine, whose objects are files in a folder. */
final class S3Server {

    static final String KEY_ID = "a-key-id";
    static final String SECRET = "not-much-of-a-secret";

    private final Path folder;
    private final BlobStoreContext context;
    private final S3Proxy proxy;

    S3Server(Path folder) throws Exception {
        this.folder = Files.createDirectories(folder);
        Properties properties = new Properties();
        properties.setProperty("jclouds.filesystem.basedir", folder.toString());
        this.context = ContextBuilder.newBuilder(new FilesystemNio2BlobProviderMetadata())
                .credentials(KEY_ID, SECRET)
                .overrides(properties)
                .build(BlobStoreContext.class);
        this.proxy = S3Proxy.builder()
                .blobStore(blobs())
                .endpoint(URI.create("http://127.0.0.1:0"))
                .awsAuthentication(AuthenticationType.AWS_V4, KEY_ID, SECRET)
                .build();
        proxy.start();
    }

    BlobStore blobs() {
        return context.getBlobStore();
    }

    void createBucket(String bucket) {
        blobs().createContainerInLocation(null, bucket);
    }

    URI endpoint() {
        return URI.create("http://127.0.0.1:" + proxy.getPort());
    }

    S3Location location(String bucket) {
        return S3Location.of("s3://" + bucket + "/models/all", endpoint(), null, true);
    }

    /** A store in a bucket, as a process opens it that keeps copies in that folder. */
    S3ArtifactStore store(String bucket, Path copies, Clock clock, Consumer<S3ClientBuilder> more) throws IOException {
        return S3ArtifactStore.open(location(bucket), copies, clock, builder -> {
            builder.credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(KEY_ID, SECRET)));
            more.accept(builder);
        });
    }

    Path file(String bucket, Artifact artifact) {
        return folder.resolve(bucket).resolve("models/all").resolve(artifact.uri());
    }

    /** Sets the time when an object was put. */
    void age(String bucket, Artifact artifact, Instant put) throws IOException {
        Files.setLastModifiedTime(file(bucket, artifact), FileTime.from(put));
    }

    int count(String bucket) throws IOException {
        int[] count = {0};
        Files.walkFileTree(folder.resolve(bucket), new java.nio.file.SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, java.nio.file.attribute.BasicFileAttributes attributes) {
                count[0]++;
                return FileVisitResult.CONTINUE;
            }
        });
        return count[0];
    }

    void stop() throws Exception {
        proxy.stop();
        context.close();
    }
}
