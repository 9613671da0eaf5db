package dev.millrace.app;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;

/** Opens the connection to a cluster that somebody named, and says plainly when there is none. */
final class Cluster {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private Cluster() {}

    /**
     * Connects, and waits for an answer.
     *
     * @param kafka where, and how
     * @return a client of a cluster that answers
     * @throws CommandException when none answers within 10 seconds, or it refuses us
     */
    static Admin connect(Settings.Kafka kafka) {
        Map<String, Object> properties = kafka.clientProperties();
        properties.putIfAbsent(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, (int) PATIENCE.toMillis() / 3);
        properties.putIfAbsent(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) PATIENCE.toMillis());
        Admin admin;
        try {
            admin = Admin.create(properties);
        } catch (KafkaException e) {
            throw noClient(kafka, e);
        }
        try {
            admin.describeCluster().nodes().get();
            return admin;
        } catch (ExecutionException e) {
            admin.close(Duration.ZERO);
            String why = e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
            throw new CommandException(
                    "no Kafka answers at " + kafka.bootstrapServers()
                            + " (kafka.bootstrap-servers); start one with \"millrace broker\", or name another: " + why,
                    e);
        } catch (InterruptedException e) {
            admin.close(Duration.ZERO);
            throw new InterruptException(e);
        }
    }

    /** What is said when a client cannot even be made: for a name that nobody knows, or a setting that is none. */
    static CommandException noClient(Settings.Kafka kafka, KafkaException cause) {
        String why =
                cause.getCause() == null ? cause.getMessage() : cause.getCause().getMessage();
        return new CommandException("cannot make a client of Kafka at " + kafka.bootstrapServers() + ": " + why, cause);
    }
}
