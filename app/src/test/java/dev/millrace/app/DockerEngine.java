package dev.millrace.app;

import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.kafka.common.utils.AppInfoParser;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.utility.Base58;
import org.testcontainers.utility.DockerImageName;

/** The Docker engine of this machine, for tests that are skipped, with the reason, where it or an image is missing. */
final class DockerEngine {

    private static final Duration ANSWERING = Duration.ofSeconds(45);
    private static final Duration PULLING = Duration.ofMinutes(2);

    /** Why there are no containers; found out once, for it may take long. Empty when there are. */
    private static final String PROBLEM = problem();

    private DockerEngine() {}

    /** Testcontainers may want images of its own first, and tries for minutes where they cannot be had. */
    private static String problem() {
        CompletableFuture<Boolean> available =
                CompletableFuture.supplyAsync(DockerClientFactory.instance()::isDockerAvailable);
        try {
            return available.get(ANSWERING.toSeconds(), TimeUnit.SECONDS) ? "" : "no Docker engine answers";
        } catch (TimeoutException e) {
            return "no Docker engine was ready for Testcontainers within " + ANSWERING;
        } catch (ExecutionException e) {
            return "the Docker engine cannot be used: " + e.getCause();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted while asking for a Docker engine";
        }
    }

    /** The image of a broker of the version that Millrace is built with. */
    static DockerImageName kafka() {
        return image("apache/kafka:" + AppInfoParser.getVersion());
    }

    /** An image that is here, or can be had in short time. */
    static DockerImageName image(String name) {
        assumeTrue(PROBLEM.isEmpty(), PROBLEM);
        DockerClient client = client();
        try {
            client.inspectImageCmd(name).exec();
        } catch (NotFoundException absent) {
            pull(client, name);
        }
        return DockerImageName.parse(name);
    }

    /**
     * Builds an image.
     *
     * @param root the folder with the {@code Dockerfile}
     * @param target the stage that is built
     * @param context files and folders below the root that are sent to the engine, beside the {@code Dockerfile}
     * @param scratch where to write them first
     * @return the name of the image; the caller removes it
     */
    static String build(Path root, String target, List<String> context, Path scratch) throws IOException {
        Path tar = scratch.resolve("context.tar");
        // Not compressed, unlike what Testcontainers sends: jars do not become smaller, and there are hundreds of
        // megabytes.
        try (TarArchiveOutputStream out =
                new TarArchiveOutputStream(new BufferedOutputStream(Files.newOutputStream(tar)))) {
            add(out, root, root.resolve("Dockerfile"));
            for (String part : context) {
                try (Stream<Path> inside = Files.walk(root.resolve(part))) {
                    for (Path file :
                            inside.filter(Files::isRegularFile).sorted().toList()) {
                        add(out, root, file);
                    }
                }
            }
        }
        try (InputStream sent = new BufferedInputStream(Files.newInputStream(tar))) {
            String name = "localhost/millrace:" + Base58.randomString(8).toLowerCase(Locale.ROOT);
            client().buildImageCmd(sent)
                    .withTarget(target)
                    .withTags(Set.of(name))
                    .start()
                    .awaitImageId();
            return name;
        }
    }

    private static void add(TarArchiveOutputStream out, Path root, Path file) throws IOException {
        out.putArchiveEntry(
                new TarArchiveEntry(file, root.relativize(file).toString().replace('\\', '/')));
        Files.copy(file, out);
        out.closeArchiveEntry();
    }

    static DockerClient client() {
        return DockerClientFactory.instance().client();
    }

    private static void pull(DockerClient client, String name) {
        try {
            if (!client.pullImageCmd(name).start().awaitCompletion(PULLING.toSeconds(), TimeUnit.SECONDS)) {
                abort(name + " is not here, and took longer to pull than " + PULLING);
            }
            client.inspectImageCmd(name).exec();
        } catch (DockerException e) {
            abort(name + " is not here, and cannot be pulled: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            abort("interrupted while pulling " + name);
        }
    }
}
