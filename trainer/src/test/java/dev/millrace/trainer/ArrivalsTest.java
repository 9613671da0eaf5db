package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ingest.ExampleJson;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.registry.ModelRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Records that are read ahead come in the order of the log, whenever they are read. */
class ArrivalsTest {

    private static final VersionPolicy POLICY = new VersionPolicy(1000, Duration.ofDays(1), Duration.ofSeconds(1), 1);
    private static final TopicPartition PARTITION = new TopicPartition("ledger", 0);
    private static final List<LabelledExample> EXAMPLES = HelpDesk.examples("support", 6, 1);

    private final TinyScene scene = new TinyScene();
    private final Deque<Runnable> reading = new ArrayDeque<>();
    private final Arrivals arrivals = new Arrivals(reading::addLast);
    private final OpenModel model = open();

    private OpenModel open() {
        Learner learner = scene.fresh(TinyRecipe.standard());
        ModelTraining training = new ModelTraining(
                Checkpoint.fresh(learner.snapshot(), TinyRecipe.standard()),
                learner,
                "support",
                scene.tokenizer,
                POLICY,
                TrainingObserver.NONE,
                Course.beginning(0));
        return new OpenModel(
                training,
                new IdleModel(
                        "support",
                        PARTITION,
                        null,
                        0,
                        ChampionWatch.of(POLICY.rollback(), ModelRegistry.empty(), "support")),
                0);
    }

    @AfterEach
    void close() {
        model.close();
        scene.close();
    }

    private void arrive(int offset, byte[] value) {
        arrivals.add(model, new ConsumerRecord<>("ledger", 0, offset, new byte[0], value));
    }

    private void arrive(int offset) {
        arrive(offset, ExampleJson.write(EXAMPLES.get(offset)));
    }

    @Test
    void areHandedOverInOrderAndNotBeforeTheyAreRead() {
        arrive(0);
        arrive(1);
        arrive(2);
        arrivals.handOver();
        assertThat(model.training().waiting()).isZero();
        assertThat(arrivals.of(model)).isEqualTo(3);

        reading.removeLast().run();
        arrivals.handOver();
        assertThat(model.training().waiting())
                .as("the third waits for the first")
                .isZero();

        reading.removeFirst().run();
        arrivals.handOver();
        assertThat(model.training().waiting()).isEqualTo(1);

        reading.removeFirst().run();
        arrivals.handOver();
        assertThat(model.training().waiting()).isEqualTo(3);
        assertThat(arrivals.isEmpty()).isTrue();
    }

    @Test
    void leaveNoGapWhereALedgerIsReadAgainFromAnEarlierOffset() {
        arrive(0);
        arrive(1);
        reading.removeFirst().run();
        arrivals.handOver();

        arrivals.forget(PARTITION);
        arrive(1);
        arrive(2);
        while (!reading.isEmpty()) {
            reading.removeFirst().run();
        }
        arrivals.handOver();

        assertThat(model.training().waiting()).isEqualTo(3);
    }

    @Test
    void tellWhichOfThemIsNoRecordOfALedger() {
        arrive(0);
        arrive(1, "{}".getBytes(StandardCharsets.UTF_8));
        reading.removeFirst().run();
        reading.removeFirst().run();

        assertThatThrownBy(arrivals::handOver)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("The record at offset 1 of ledger-0 is ")
                .hasMessageContaining("Nobody but ingest");
        assertThat(model.training().waiting()).isEqualTo(1);
    }
}
