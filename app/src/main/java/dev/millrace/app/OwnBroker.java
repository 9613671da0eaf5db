package dev.millrace.app;

import dev.millrace.broker.EmbeddedBroker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;

/** Settings of a run that brings its own broker, in a folder of its own. */
final class OwnBroker {

    private static final String ORIGIN = "default of this command";
    private static final int USUAL_HTTP_PORT = 8080;

    private OwnBroker() {}

    /**
     * What such a run takes for granted unless the user says otherwise.
     *
     * @param versionEveryExamples how often a version is made
     * @return settings that are weaker than the user's
     */
    static SettingsLoader defaults(long versionEveryExamples) {
        return new SettingsLoader()
                .put("kafka.partitions", "1", ORIGIN)
                .put("trainer.version-every-examples", Long.toString(versionEveryExamples), ORIGIN)
                .put("http.port", isFree(USUAL_HTTP_PORT) ? Integer.toString(USUAL_HTTP_PORT) : "0", ORIGIN);
    }

    /**
     * Points the settings to the folder and the broker, whatever the user says: a cluster's address, its security and
     * its replication mean nothing to a broker in this process.
     *
     * @param loader with all that the user says
     * @param folder of the run
     * @param broker of the run
     * @return the settings in force
     */
    static Settings settings(SettingsLoader loader, Path folder, EmbeddedBroker broker) {
        return loader.withoutPassedOn()
                .put("kafka.replication-factor", "1", ORIGIN)
                .put("data-directory", folder.toAbsolutePath().toString(), ORIGIN)
                .put("registry.store", "", ORIGIN)
                .put("kafka.bootstrap-servers", broker.bootstrapServers(), ORIGIN)
                .load()
                .settings();
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }
}
