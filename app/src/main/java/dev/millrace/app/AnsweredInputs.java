package dev.millrace.app;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;

/** What came of the inputs of one turn: all that its transaction holds. Grows while they are answered; for one thread. */
final class AnsweredInputs {

    /**
     * Where a partition has to wait.
     *
     * @param offset of the first input that was not answered
     * @param model that has no version yet
     */
    record Wait(long offset, String model) {}

    private final List<ProducerRecord<byte[], byte[]>> outputs = new ArrayList<>();
    private final Map<TopicPartition, OffsetAndMetadata> next = new LinkedHashMap<>();
    private final Map<TopicPartition, Wait> waits = new LinkedHashMap<>();
    private final Map<String, Integer> predicted = new LinkedHashMap<>();
    private final List<String> rejected = new ArrayList<>();

    void predicted(String model, ProducerRecord<byte[], byte[]> prediction) {
        outputs.add(prediction);
        predicted.merge(model, 1, Integer::sum);
    }

    void rejected(String reason, ProducerRecord<byte[], byte[]> letter) {
        outputs.add(letter);
        rejected.add(reason);
    }

    void done(TopicPartition partition, long offset) {
        next.put(partition, new OffsetAndMetadata(offset + 1));
    }

    void waits(TopicPartition partition, Wait wait) {
        waits.put(partition, wait);
    }

    List<ProducerRecord<byte[], byte[]>> outputs() {
        return outputs;
    }

    Map<TopicPartition, OffsetAndMetadata> next() {
        return next;
    }

    Map<TopicPartition, Wait> waits() {
        return waits;
    }

    Map<String, Integer> predicted() {
        return predicted;
    }

    List<String> rejected() {
        return rejected;
    }
}
