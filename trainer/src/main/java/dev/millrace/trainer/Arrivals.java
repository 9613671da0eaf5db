package dev.millrace.trainer;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.ingest.LedgerJson;
import dev.millrace.ingest.LedgerRecord;
import dev.millrace.model.TokenIds;
import dev.millrace.model.Tokenizer;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * Records on their way from the poll to the ledgers of their models: read and tokenized on another thread, while earlier
 * ones are learned, and handed over in the order in which they came. How many there are is bounded by whoever polls.
 *
 * <p>Not thread-safe: it belongs to the training thread.
 */
final class Arrivals {

    /** What a record says, and the tokens of its text where it has one. */
    private record Content(LedgerRecord entry, @Nullable TokenIds tokens) {}

    private record Arrival(OpenModel model, ConsumerRecord<byte[], byte[]> received, FutureTask<Content> reading) {}

    private final Executor reader;
    private final Deque<Arrival> waiting = new ArrayDeque<>();
    private final IdentityHashMap<OpenModel, Integer> counts = new IdentityHashMap<>();

    /**
     * None yet.
     *
     * @param reader of one thread, on which alone the tokenizers of models are used, until it is shut down
     */
    Arrivals(Executor reader) {
        this.reader = reader;
    }

    void add(OpenModel model, ConsumerRecord<byte[], byte[]> received) {
        Tokenizer tokenizer = model.training().tokenizer();
        FutureTask<Content> reading = new FutureTask<>(() -> read(received.value(), tokenizer));
        reader.execute(reading);
        waiting.addLast(new Arrival(model, received, reading));
        counts.merge(model, 1, Integer::sum);
    }

    private static Content read(byte[] value, Tokenizer tokenizer) {
        LedgerRecord entry = LedgerJson.read(value);
        return new Content(entry, entry instanceof LabelledExample example ? tokenizer.encode(example.text()) : null);
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** How many there are of a model. */
    int of(OpenModel model) {
        return counts.getOrDefault(model, 0);
    }

    /** Forgets those of a partition, which are read again from an earlier offset, or by somebody else. */
    void forget(TopicPartition partition) {
        waiting.removeIf(arrival -> arrival.model().partition().equals(partition));
        counts.keySet().removeIf(model -> model.partition().equals(partition));
    }

    /**
     * Hands over what is read, up to the first that is not yet.
     *
     * @throws IllegalStateException when one is no record of a ledger
     */
    void handOver() {
        while (!waiting.isEmpty() && waiting.getFirst().reading().isDone()) {
            handOverFirst();
        }
    }

    /**
     * Hands over the first, and waits until it is read.
     *
     * @throws IllegalStateException when it is no record of a ledger
     * @throws InterruptException when interrupted
     */
    void handOverFirst() {
        Arrival first = waiting.removeFirst();
        counts.computeIfPresent(first.model(), (model, count) -> count > 1 ? count - 1 : null);
        ConsumerRecord<byte[], byte[]> received = first.received();
        Content content = content(first);
        first.model()
                .training()
                .append(
                        received.offset(),
                        Instant.ofEpochMilli(received.timestamp()),
                        content.entry(),
                        content.tokens());
    }

    private static Content content(Arrival arrival) {
        try {
            return arrival.reading().get();
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IllegalArgumentException unreadable) {
                throw unfit(arrival.received(), "is " + unreadable.getMessage());
            }
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw e.getCause() instanceof RuntimeException failure ? failure : new IllegalStateException(e.getCause());
        }
    }

    /** What it means that the ledger holds something that does not belong there. */
    static IllegalStateException unfit(ConsumerRecord<byte[], byte[]> received, String why) {
        return new IllegalStateException("The record at offset " + received.offset() + " of " + received.topic() + "-"
                + received.partition() + " " + why
                + ". Nobody but ingest and `millrace control` may write to the ledger: find out who did, and"
                + " give the model another name to start anew");
    }
}
