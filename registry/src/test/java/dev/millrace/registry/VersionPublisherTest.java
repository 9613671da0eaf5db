package dev.millrace.registry;

import static dev.millrace.registry.Examples.champion;
import static dev.millrace.registry.Examples.version;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

/** The errors that a real broker cannot be made to give at a chosen moment. The rest is tested on one. */
class VersionPublisherTest {

    private static final Map<TopicPartition, OffsetAndMetadata> CONSUMED =
            Map.of(new TopicPartition("training-examples", 0), new OffsetAndMetadata(100));
    private static final ConsumerGroupMetadata GROUP = new MockConsumer<byte[], byte[]>("earliest").groupMetadata();

    private final List<MockProducer<byte[], byte[]>> made = new ArrayList<>();
    private Consumer<MockProducer<byte[], byte[]>> prepare = producer -> {};
    private final VersionPublisher publisher = new VersionPublisher(this::newProducer, "registry");

    @Test
    void sendsEverythingInOneTransaction() {
        publish();

        assertThat(producer(0).commitCount()).isOne();
        assertThat(producer(0).history())
                .extracting(record -> record.topic() + " " + new String(record.key(), StandardCharsets.UTF_8))
                .containsExactly("registry m/1", "registry-audit m", "registry m@champion", "registry-audit m");
        assertThat(producer(0).consumerGroupOffsetsHistory()).containsExactly(Map.of(GROUP.groupId(), CONSUMED));
    }

    @Test
    void doesNotKnowWhatBecameOfACommitWithoutAnAnswer() {
        producer(0).commitTransactionException = new TimeoutException("no answer");

        assertThatThrownBy(this::publish)
                .isInstanceOf(IndefiniteOutcomeException.class)
                .hasMessageContaining("m/1")
                .hasMessageContaining("not known");

        assertThat(producer(0).closed()).isTrue();
        assertThat(producer(1).transactionInitialized())
                .as("settled by a new epoch")
                .isTrue();
        publisher.settle();
        publish();
        assertThat(made).hasSize(2);
        assertThat(producer(1).commitCount()).isOne();
    }

    @Test
    void sendsNothingBeforeAnUnknownOutcomeIsSettled() {
        producer(0).commitTransactionException = new TimeoutException("no answer");
        prepare = producer -> producer.initTransactionException = new TimeoutException("still no answer");

        assertThatThrownBy(this::publish).isInstanceOf(IndefiniteOutcomeException.class);
        assertThatThrownBy(this::publish)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("settle()");
        assertThatThrownBy(publisher::settle).isInstanceOf(TimeoutException.class);
        assertThatThrownBy(() -> publisher.change(List.of(champion("m", 1)), List.of()))
                .isInstanceOf(IllegalStateException.class);
        assertThat(made).allSatisfy(producer -> assertThat(producer.closed()).isTrue());

        prepare = producer -> {};
        publisher.settle();
        publish();
        assertThat(made.get(made.size() - 1).commitCount()).isOne();
    }

    @Test
    void triesAgainOnTheSameProducerAfterACleanAbort() {
        producer(0).sendOffsetsToTransactionException = new TimeoutException("coordinator moves");

        assertThatThrownBy(this::publish).isInstanceOf(PublishFailedException.class);
        assertThat(producer(0).transactionAborted()).isTrue();

        producer(0).sendOffsetsToTransactionException = null;
        publish();
        assertThat(made).hasSize(1);
        assertThat(producer(0).history()).hasSize(4);
    }

    @Test
    void makesANewProducerWhenTheAbortFailsToo() {
        producer(0).sendOffsetsToTransactionException = new TimeoutException("gone");
        producer(0).abortTransactionException = new TimeoutException("still gone");
        prepare = producer -> producer.initTransactionException = new TimeoutException("and still");

        assertThatThrownBy(this::publish).isInstanceOf(PublishFailedException.class);
        assertThatThrownBy(this::publish)
                .isInstanceOf(PublishFailedException.class)
                .hasMessageContaining("and still");

        prepare = producer -> {};
        publish();
        assertThat(made).hasSize(3);
        assertThat(producer(0).commitCount()).isZero();
        assertThat(producer(2).commitCount()).isOne();
    }

    @Test
    void endsWhenAnotherProducerTookItsPlace() {
        for (KafkaException fencing : List.of(
                new ProducerFencedException("taken"),
                new InvalidProducerEpochException("old"),
                new KafkaException("in an error state", new ProducerFencedException("taken")))) {
            VersionPublisher other = new VersionPublisher(this::newProducer, "registry");
            MockProducer<byte[], byte[]> producer = made.get(made.size() - 1);
            producer.commitTransactionException = fencing;
            int before = made.size();

            assertThatThrownBy(() -> publish(other)).isInstanceOf(FencedException.class);
            assertThatThrownBy(() -> publish(other)).isInstanceOf(FencedException.class);
            assertThatThrownBy(other::settle).isInstanceOf(FencedException.class);

            assertThat(producer.closed()).isTrue();
            assertThat(made).as("it does not fence the other one back").hasSize(before);
        }
    }

    @Test
    void mayTryAgainWhenItsMemberHasNotHeardOfTheNextGeneration() {
        producer(0).sendOffsetsToTransactionException = new KafkaException(
                "in an error state", new CommitFailedException("mismatch: " + Errors.ILLEGAL_GENERATION.message()));

        assertThatThrownBy(this::publish)
                .isInstanceOf(PublishFailedException.class)
                .hasMessageContaining("sharing out its partitions");

        producer(0).sendOffsetsToTransactionException = null;
        publish();
        assertThat(producer(0).commitCount()).isOne();
    }

    @Test
    void goesOnForTheNextGenerationOfTheGroup() {
        producer(0).sendOffsetsToTransactionException =
                new KafkaException("in an error state", new CommitFailedException("generation moved"));

        assertThatThrownBy(this::publish).isInstanceOf(FencedException.class).hasMessageContaining("group");
        assertThat(producer(0).history()).isEmpty();

        producer(0).sendOffsetsToTransactionException = null;
        publish();
        assertThat(producer(0).commitCount()).isOne();
    }

    @Test
    void checksRecordsBeforeItBegins() {
        assertThatThrownBy(() -> publisher.publish(version("a b", 1), List.of(), CONSUMED, GROUP))
                .isInstanceOf(RegistryFormatException.class);
        assertThatThrownBy(() -> publisher.publish(version("m", 1), List.of(champion("n", 1)), CONSUMED, GROUP))
                .hasMessageContaining("another model");
        assertThat(producer(0).transactionInFlight()).isFalse();
    }

    @Test
    void refusesToBeUsedOnceClosed() {
        publisher.close();
        publisher.close();
        assertThat(producer(0).closed()).isTrue();
        assertThatThrownBy(this::publish)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }

    private void publish() {
        publish(publisher);
    }

    private static void publish(VersionPublisher publisher) {
        publisher.publish(version("m", 1), List.of(champion("m", 1)), CONSUMED, GROUP);
    }

    private MockProducer<byte[], byte[]> producer(int index) {
        return made.get(index);
    }

    private MockProducer<byte[], byte[]> newProducer() {
        MockProducer<byte[], byte[]> producer =
                new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
        prepare.accept(producer);
        made.add(producer);
        return producer;
    }
}
