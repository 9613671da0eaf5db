package dev.millrace.app;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.ingest.ExampleJson;
import dev.millrace.ingest.ExampleProducer;
import dev.millrace.ingest.IngestObserver;
import dev.millrace.ingest.IngestService;
import dev.millrace.ingest.IngestSettings;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.ingest.Pace;
import dev.millrace.ingest.TextProbe;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Many inputs that wait for their labels, and what they take: time, place, and time to be there again. For one thread. */
final class JoinBench {

    private static final Duration PATIENCE = Duration.ofMinutes(20);
    private static final long LOOK_NANOS = 5_000_000;
    private static final Duration STILL = Duration.ofSeconds(1);

    /** How the copy of the waiting pairs is called that the broker holds; Kafka Streams names it. */
    private static final String COPY = "-pairs-changelog";

    private final Surroundings around;
    private final IngestSettings settings;
    private final IngestSettings.Joining joining;
    private final int partitions;
    private final long pairs;
    private final EndlessSample sample;

    /**
     * Over a cluster that has the topics.
     *
     * @param settings of ingest
     * @param joining of its inputs and labels
     * @param partitions of each topic
     * @param pairs in all, at least 1
     */
    JoinBench(
            Surroundings around, IngestSettings settings, IngestSettings.Joining joining, int partitions, long pairs) {
        this.around = around;
        this.settings = settings;
        this.joining = joining;
        this.partitions = partitions;
        this.pairs = pairs;
        this.sample = new EndlessSample(
                settings.models().iterator().next(), around.clock().instant());
    }

    /** Sends the texts of the sample, each under an id of its own. */
    void sendInputs(LongConsumer progress) {
        send(joining.inputs(), example -> json(example).put("text", example.text()), progress);
    }

    /** Sends their labels, in the same order. */
    void sendLabels(LongConsumer progress) {
        send(joining.labels(), example -> json(example).put("label", example.label()), progress);
    }

    private static ObjectNode json(LabelledExample example) {
        return JsonNodeFactory.instance.objectNode().put("id", example.id()).put("model", example.model());
    }

    private void send(String topic, Function<LabelledExample, ObjectNode> half, LongConsumer progress) {
        Iterator<byte[]> values = LongStream.range(0, pairs)
                .mapToObj(index -> half.apply(ExampleJson.read(sample.value(index)))
                        .toString()
                        .getBytes(StandardCharsets.UTF_8))
                .iterator();
        try (ExampleProducer producer =
                new ExampleProducer(settings.bootstrapServers(), topic, Map.of(), Pace.unlimited())) {
            producer.sendAll(values, progress);
        }
    }

    /**
     * Takes the inputs in, until all of them wait.
     *
     * @return from the first input judged to the last commit
     */
    ProcessorMoment.Span takeInputs() {
        AtomicReference<@Nullable ProcessorMoment> begun = new AtomicReference<>();
        TextProbe timed = (model, text) -> {
            begin(begun);
            return true;
        };
        try (CommittedTopic copy =
                        new CommittedTopic(settings.bootstrapServers(), settings.applicationId() + COPY, partitions);
                IngestService service = new IngestService(settings, timed, IngestObserver.NONE)) {
            service.start();
            awaitRunning(service);
            return whole(copy, service).since(Objects.requireNonNull(begun.get()));
        }
    }

    /**
     * Starts ingest where its state is as it was left.
     *
     * @return seconds until it takes records
     */
    double restart() {
        long begun = now();
        try (IngestService service = new IngestService(settings, TextProbe.ANY, IngestObserver.NONE)) {
            service.start();
            awaitRunning(service);
            return (now() - begun) / 1e9;
        }
    }

    /** {@return the bytes of the files of the local state} */
    long stateBytes() {
        try (Stream<Path> files = Files.walk(settings.stateDirectory())) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException("the state cannot be measured", e);
        }
    }

    /** Deletes the local state. */
    void deleteState() {
        try (Stream<Path> inside = Files.walk(settings.stateDirectory())) {
            List<Path> deepestFirst = inside.sorted(Comparator.reverseOrder()).toList();
            for (Path each : deepestFirst) {
                Files.delete(each);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the state cannot be deleted", e);
        }
    }

    /**
     * Takes the labels in, each of which meets an input that waits, until the ledger is whole.
     *
     * @return from the first pair to the last commit
     */
    ProcessorMoment.Span takeLabels() {
        AtomicReference<@Nullable ProcessorMoment> begun = new AtomicReference<>();
        IngestObserver timed = new IngestObserver() {
            @Override
            public void paired(String model) {
                begin(begun);
            }
        };
        try (CommittedTopic ledger = new CommittedTopic(
                        settings.bootstrapServers(), settings.topics().trainingExamples(), partitions);
                IngestService service = new IngestService(settings, TextProbe.ANY, timed)) {
            service.start();
            awaitRunning(service);
            return whole(ledger, service).since(Objects.requireNonNull(begun.get()));
        }
    }

    private void begin(AtomicReference<@Nullable ProcessorMoment> begun) {
        if (begun.get() == null) {
            begun.compareAndSet(null, ProcessorMoment.now(around.nanoTicker()));
        }
    }

    /** When the last transaction ended: the topic has stood still since, and has a record for each pair. */
    private ProcessorMoment whole(CommittedTopic topic, IngestService service) {
        ProcessorMoment reached = ProcessorMoment.now(around.nanoTicker());
        long deadline = reached.nanos() + PATIENCE.toNanos();
        long end = -1;
        while (end < pairs || now() - reached.nanos() <= STILL.toNanos()) {
            requireWorking(service, deadline);
            LockSupport.parkNanos(LOOK_NANOS);
            long seen = topic.end();
            if (seen != end) {
                end = seen;
                reached = ProcessorMoment.now(around.nanoTicker());
            }
        }
        long count = topic.count();
        if (count != pairs) {
            throw new IllegalStateException(count + " records are there where " + pairs + " belong");
        }
        return reached;
    }

    private void awaitRunning(IngestService service) {
        long deadline = now() + PATIENCE.toNanos();
        while (!service.isRunning()) {
            requireWorking(service, deadline);
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    private void requireWorking(IngestService service, long deadline) {
        service.failure().ifPresent(failure -> {
            throw new IllegalStateException("ingest has stopped: " + failure.getMessage(), failure);
        });
        if (now() > deadline) {
            throw new IllegalStateException("ingest was not done within " + PATIENCE.toMinutes() + " minutes");
        }
    }

    private long now() {
        return around.nanoTicker().getAsLong();
    }
}
