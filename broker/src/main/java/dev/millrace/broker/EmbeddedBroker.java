package dev.millrace.broker;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real Apache Kafka broker and its KRaft controller, one node, inside this JVM.
 *
 * <p>It is Kafka itself and speaks Kafka's protocol over TCP, on the loopback address only. Everything it keeps lies in
 * one folder, which is formatted on first use; opening the same folder again brings back its topics, offsets and cluster
 * id. One folder is open in one broker at a time. Topics are not created by themselves.
 *
 * <pre>{@code
 * try (EmbeddedBroker broker = EmbeddedBroker.start(Path.of("millrace-data", "kafka"))) {
 *     properties.put("bootstrap.servers", broker.bootstrapServers());
 * }
 * }</pre>
 *
 * <p>Safe for use by several threads.
 */
public final class EmbeddedBroker implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedBroker.class);

    private final KafkaRaftServer server;
    private final String bootstrapServers;
    private final @Nullable String securedServers;
    private final AtomicBoolean closed = new AtomicBoolean();

    private EmbeddedBroker(KafkaRaftServer server, String bootstrapServers, @Nullable String securedServers) {
        this.server = server;
        this.bootstrapServers = bootstrapServers;
        this.securedServers = securedServers;
    }

    /**
     * Starts a broker on a free port.
     *
     * @param directory where the broker keeps its data; created when missing
     * @return a broker that answers clients
     * @throws IllegalStateException if the folder is open in another broker
     * @throws UncheckedIOException if the folder cannot be written or does not hold the data of a broker
     */
    public static EmbeddedBroker start(Path directory) {
        return start(directory, 0);
    }

    /**
     * Starts a broker on the given port.
     *
     * @param directory where the broker keeps its data; created when missing
     * @param port the TCP port for clients, or 0 for a free one
     * @return a broker that answers clients
     * @throws IllegalArgumentException if the port is no port
     * @throws IllegalStateException if the port is taken, or the folder is open in another broker
     * @throws UncheckedIOException if the folder cannot be written or does not hold the data of a broker
     */
    public static EmbeddedBroker start(Path directory, int port) {
        return start(directory, port, null);
    }

    /**
     * Starts a broker on a free port, with a second door on another one.
     *
     * @param directory where the broker keeps its data; created when missing
     * @param secured the second door
     * @return a broker that answers clients at both
     * @throws IllegalStateException if the folder is open in another broker
     * @throws UncheckedIOException if the folder cannot be written or does not hold the data of a broker
     */
    public static EmbeddedBroker start(Path directory, SecuredListener secured) {
        return start(directory, 0, secured);
    }

    private static EmbeddedBroker start(Path directory, int port, @Nullable SecuredListener secured) {
        Path data = directory.toAbsolutePath().normalize();
        int clientPort = port == 0 ? Ports.free() : Ports.requireFree(port);
        int controllerPort = Ports.freeOtherThan(clientPort);
        int securedPort = secured == null ? 0 : Ports.freeOtherThan(clientPort, controllerPort);
        long begun = System.nanoTime();
        format(data);
        // Kafka ends the whole process when it cannot lock its folder, so this is asked before.
        DataDirectory.requireUnused(data);
        KafkaRaftServer server = new KafkaRaftServer(
                KafkaConfig.fromProps(
                        secured == null
                                ? BrokerSettings.of(data, clientPort, controllerPort)
                                : BrokerSettings.of(data, clientPort, controllerPort, secured, securedPort),
                        false),
                Time.SYSTEM);
        try {
            server.startup();
        } catch (RuntimeException | Error failure) {
            server.shutdown();
            throw failure;
        }
        LOG.info(
                "Embedded Kafka broker on port {} after {} ms, data in {}",
                clientPort,
                (System.nanoTime() - begun) / 1_000_000,
                data);
        return new EmbeddedBroker(
                server, Ports.LOOPBACK + ":" + clientPort, secured == null ? null : Ports.LOOPBACK + ":" + securedPort);
    }

    /**
     * What a client puts as {@code bootstrap.servers}.
     *
     * @return host and port
     */
    public String bootstrapServers() {
        return bootstrapServers;
    }

    /**
     * The same, for its second door.
     *
     * @return host and port
     * @throws IllegalStateException if it has none
     */
    public String securedServers() {
        if (securedServers == null) {
            throw new IllegalStateException("this broker was started without a second door");
        }
        return securedServers;
    }

    /** Stops the broker and waits until its logs are closed cleanly. A second call does nothing. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            server.shutdown();
            server.awaitShutdown();
        }
    }

    private static void format(Path data) {
        try {
            Files.createDirectories(data);
            if (Files.exists(data.resolve(DataDirectory.META_PROPERTIES))) {
                return;
            }
            new Formatter()
                    .setPrintStream(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
                    .setNodeId(BrokerSettings.NODE_ID)
                    .setClusterId(Uuid.randomUuid().toString())
                    .setDirectories(List.of(data.toString()))
                    .setControllerListenerName(BrokerSettings.CONTROLLER)
                    .setReleaseVersion(MetadataVersion.latestProduction())
                    .setHasDynamicQuorum(false)
                    .run();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot prepare the broker's folder " + data + ": " + e.getMessage(), e);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("cannot format the broker's folder " + data + ": " + e.getMessage(), e);
        }
    }
}
