package dev.millrace.registry;

import java.util.Map;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Where reports go to that say how things are, such as what is served: each makes those before it worth little, so one
 * that is lost is told of and not sent again. For one thread.
 *
 * @param <R> a report
 */
public interface ReportSink<R> extends AutoCloseable {

    /**
     * Reports that go into a topic of Kafka, each as one record, sent at once. The topic is never created, which another
     * broker's defaults would do with another shape; it is looked for with the first report, and while there is none, every
     * 10 s again.
     *
     * @param clientProperties of Kafka, {@code bootstrap.servers} and security above all
     * @param topic they go to
     * @param key of a report's record
     * @param value of a report's record
     * @param nanoTicker elapsed time, in nanoseconds from any origin
     * @return the sink, which speaks to Kafka when the first report is sent; the caller closes it
     */
    static <R> ReportSink<R> into(
            Map<String, Object> clientProperties,
            String topic,
            Function<R, String> key,
            Function<R, byte[]> value,
            LongSupplier nanoTicker) {
        return new TopicReports<>(clientProperties, topic, key, value, nanoTicker);
    }

    /**
     * Sends a report, without waiting for an answer.
     *
     * @param lost is run, by another thread, if it is lost later
     * @throws Exception when it cannot be sent now
     */
    void send(R report, Runnable lost) throws Exception;

    /** Sends what is on its way, for up to 2 s. */
    @Override
    void close();
}
