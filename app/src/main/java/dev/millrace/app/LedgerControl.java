package dev.millrace.app;

import dev.millrace.ingest.ControlRecord;
import dev.millrace.ingest.LedgerJson;
import dev.millrace.registry.JobCatalog;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Appends control records to a model's partition of the ledger. */
final class LedgerControl {

    private LedgerControl() {}

    /**
     * Appends a record, and waits until it is durable.
     *
     * @param settings say where the ledger is
     * @param control what to append
     * @return where it lies
     * @throws CommandException when there is no such job, or Kafka does not take the record
     */
    static RecordMetadata append(Settings settings, ControlRecord control) {
        requireJob(settings, control.model());
        Map<String, Object> properties = settings.kafka().clientProperties();
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
            return producer.send(new ProducerRecord<>(
                            settings.topics().trainingExamples(),
                            control.model().getBytes(StandardCharsets.UTF_8),
                            LedgerJson.write(control)))
                    .get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof AuthorizationException) {
                // Where nothing may be written at all, Kafka speaks of the cluster and names no topic.
                throw new CommandException(
                        "this user has no right to WRITE on topic "
                                + settings.topics().trainingExamples()
                                + "; \"millrace acls --for steerer\" lists what is needed",
                        e);
            }
            String more = e.getCause() instanceof RecordTooLargeException
                    ? "; ask for it in several parts, or raise max.message.bytes of "
                            + settings.topics().trainingExamples()
                    : "";
            throw new CommandException("Kafka did not take the control record: " + e.getCause() + more, e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    /**
     * Refuses a model that nobody trains.
     *
     * @throws CommandException when there is no such job, or Kafka does not answer
     */
    static void requireJob(Settings settings, String model) {
        Cluster.connect(settings.kafka()).close();
        if (!settings.models().contains(model) && wasNotCreated(settings, model)) {
            throw new CommandException("there is no job " + model + "; the setting models names "
                    + String.join(", ", settings.models()) + ", and \"millrace jobs list\" those that were created");
        }
    }

    private static boolean wasNotCreated(Settings settings, String model) {
        try (JobCatalog created = JobCatalog.open(
                settings.kafka().clientProperties(), settings.topics().modelRegistry(), System::nanoTime)) {
            return created.find(model).isEmpty();
        }
    }
}
