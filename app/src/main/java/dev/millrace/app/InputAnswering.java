package dev.millrace.app;

import dev.millrace.ingest.DeadLetter;
import dev.millrace.ingest.InputParser;
import dev.millrace.ingest.InputText;
import dev.millrace.ingest.ParsedInput;
import dev.millrace.model.Prediction;
import dev.millrace.model.VersionAnswer;
import dev.millrace.registry.LogContext;
import dev.millrace.registry.PredictionJson;
import dev.millrace.registry.PredictionRecord;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns records of {@code inputs} into predictions and dead letters. It sends nothing. For one thread.
 *
 * <p>A text that makes a model fail becomes a dead letter, but only where the model answers another one right afterwards;
 * otherwise it is the model that fails, and no input is given up for that.
 */
final class InputAnswering {

    private static final Logger LOG = LoggerFactory.getLogger(InputAnswering.class);
    private static final String FAILED = "scoring_failed";
    private static final List<String> HARMLESS = List.of("hello");

    private final PredictionSettings settings;
    private final InputParser parser;
    private final Function<String, Optional<AnsweringModel>> models;
    private final Clock clock;

    /**
     * Makes it.
     *
     * @param settings what is read and written
     * @param parser the contract of an input, which admits only models that answer
     * @param models finds what answers for a model; empty when nothing does, or does any more
     * @param clock what predictions are dated by
     */
    InputAnswering(
            PredictionSettings settings,
            InputParser parser,
            Function<String, Optional<AnsweringModel>> models,
            Clock clock) {
        this.settings = settings;
        this.parser = parser;
        this.models = models;
        this.clock = clock;
    }

    /**
     * Makes it as the settings have it.
     *
     * @param settings the limits of an input, and who is meant where none is named
     * @param models finds what answers for a model; empty when nothing does
     * @param clock what predictions are dated by
     */
    static InputAnswering of(Settings settings, Function<String, Optional<AnsweringModel>> models, Clock clock) {
        InputParser parser = new InputParser(
                CopiedModels.known(settings),
                model -> models.apply(model).isPresent(),
                settings.ingest().maxTextCharacters(),
                settings.ingest().maxRecordBytes());
        return new InputAnswering(PredictionSettings.of(settings), parser, models, clock);
    }

    private record Pending(ConsumerRecord<byte[], byte[]> record, InputText input) {}

    /**
     * Answers what was polled, each partition up to the first input whose model has no version yet.
     *
     * @throws ModelFailingException when a model answers nothing at all; the same records are to be tried again
     * @throws org.apache.kafka.common.KafkaException when Kafka does not say whether there is a model; as before
     */
    AnsweredInputs answer(ConsumerRecords<byte[], byte[]> polled) {
        AnsweredInputs answered = new AnsweredInputs();
        Map<String, List<Pending>> pending = new TreeMap<>();
        for (TopicPartition partition : polled.partitions()) {
            read(partition, polled.records(partition), pending, answered);
        }
        pending.forEach((model, inputs) -> {
            for (int from = 0; from < inputs.size(); from += settings.batchTexts()) {
                answer(model, inputs.subList(from, Math.min(inputs.size(), from + settings.batchTexts())), answered);
            }
        });
        return answered;
    }

    /** Whether inputs of a model wait for its first version; those of a model that nobody knows any more do not. */
    boolean waits(String model) {
        return models.apply(model)
                .filter(found -> !found.isServed().getAsBoolean())
                .isPresent();
    }

    private boolean isServed(String model) {
        return models.apply(model)
                .filter(found -> found.isServed().getAsBoolean())
                .isPresent();
    }

    private AnsweringModel model(String name) {
        return models.apply(name).orElseThrow(() -> new IllegalStateException("nothing answers for " + name));
    }

    private void read(
            TopicPartition partition,
            List<ConsumerRecord<byte[], byte[]>> records,
            Map<String, List<Pending>> pending,
            AnsweredInputs answered) {
        for (ConsumerRecord<byte[], byte[]> record : records) {
            ParsedInput parsed = parser.parse(record);
            if (parsed instanceof ParsedInput.Rejected refused) {
                reject(record, refused.rejection().reason(), refused.rejection().detail(), answered);
            } else if (parsed instanceof ParsedInput.Accepted accepted) {
                String model = accepted.input().model();
                if (!isServed(model)) {
                    // Where its job was removed since, it is read anew, and refused.
                    answered.waits(partition, new AnsweredInputs.Wait(record.offset(), model));
                    return;
                }
                pending.computeIfAbsent(model, name -> new ArrayList<>()).add(new Pending(record, accepted.input()));
            }
            answered.done(partition, record.offset());
        }
    }

    private void answer(String model, List<Pending> inputs, AnsweredInputs answered) {
        try {
            VersionAnswer<ServedVersion> answer = model(model)
                    .scoring()
                    .answer(inputs.stream().map(one -> one.input().text()).toList());
            for (int i = 0; i < inputs.size(); i++) {
                Pending one = inputs.get(i);
                answered.predicted(
                        model,
                        output(one, answer.version(), answer.predictions().get(i)));
            }
        } catch (RuntimeException e) {
            if (inputs.size() > 1) {
                inputs.forEach(one -> answer(model, List.of(one), answered));
            } else {
                requireAnswers(model, e);
                ConsumerRecord<byte[], byte[]> record = inputs.get(0).record();
                LogContext.model(model)
                        .offset(record.offset())
                        .run(() -> LOG.warn(
                                "Model {} fails on the text at {} of {}", model, record.offset(), record.topic(), e));
                reject(record, FAILED, "the model " + model + " failed on the field \"text\": " + e, answered);
            }
        }
    }

    private void requireAnswers(String model, RuntimeException failure) {
        try {
            model(model).scoring().answer(HARMLESS);
        } catch (RuntimeException e) {
            e.addSuppressed(failure);
            throw new ModelFailingException(model, e);
        }
    }

    private void reject(ConsumerRecord<byte[], byte[]> record, String reason, String detail, AnsweredInputs answered) {
        answered.rejected(reason, DeadLetter.of(settings.rejected(), record, reason, detail));
    }

    private ProducerRecord<byte[], byte[]> output(Pending input, ServedVersion version, Prediction prediction) {
        ConsumerRecord<byte[], byte[]> record = input.record();
        PredictionRecord answer = new PredictionRecord(
                input.input().id(),
                version.model(),
                version.version(),
                prediction.scores().stream()
                        .limit(settings.top())
                        .map(score -> new PredictionRecord.Score(score.label(), score.confidence()))
                        .toList(),
                new PredictionRecord.Input(record.topic(), record.partition(), record.offset()),
                clock.instant());
        return new ProducerRecord<>(
                settings.predictions(), answer.id().getBytes(StandardCharsets.UTF_8), PredictionJson.write(answer));
    }
}
