package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.ingest.IngestObserver;
import dev.millrace.registry.RegistryObserver;
import dev.millrace.trainer.TrainingObserver;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A broker and a Millrace with all roles in this process, whose clock can be moved, and a registry beside it in another process. */
final class WatchedMillrace implements AutoCloseable {

    static final String MODEL = "default";

    private static final List<String> SEA = List.of("ship", "harbour", "anchor", "sailor", "wave", "lighthouse");
    private static final List<String> KITCHEN = List.of("oven", "recipe", "butter", "dough", "saucepan", "spice");

    private static final Pattern ADDRESS = Pattern.compile("metrics at (http://\\S+)/metrics");

    private final HttpClient http = HttpClient.newHttpClient();
    private final MovedClock clock = new MovedClock();
    private final Path folder;
    private final EmbeddedBroker broker;
    private final Rooms rooms;
    private final RunningMillrace elsewhere;
    private int sent;

    /** The other one is a registry in another process, started by another command, with a store of its own. */
    WatchedMillrace(Path folder, List<String> starter, Path storeElsewhere) throws IOException {
        this.folder = folder;
        broker = EmbeddedBroker.start(folder.resolve("kafka"));
        elsewhere = new RunningMillrace(
                starter,
                folder,
                "elsewhere",
                broker.bootstrapServers(),
                "registry",
                "registry.store=" + storeElsewhere);
        rooms = start();
    }

    private Rooms start() {
        SettingsLoader loader = new SettingsLoader();
        Stream.of(
                        "kafka.bootstrap-servers=" + broker.bootstrapServers(),
                        "kafka.partitions=1",
                        "data-directory=" + folder.resolve("data"),
                        "http.port=0",
                        "trainer.base=tiny",
                        "trainer.batch-size=8",
                        "trainer.threads=1",
                        "trainer.idle-flush=200ms",
                        "trainer.version-every-examples=32",
                        "ingest.shed-above-lag=1000",
                        // A gate that lets no version be larger than the champion refuses each that has learned more.
                        "gate.size-factor=1")
                .forEach(assignment -> loader.assignment("--set", assignment));
        Surroundings shell = new Shell(folder).surroundings();
        return Rooms.start(
                loader.load().settings(),
                EnumSet.allOf(Role.class),
                new Surroundings(
                        shell.environment(),
                        folder,
                        shell.in(),
                        shell.out(),
                        shell.err(),
                        false,
                        clock,
                        System::nanoTime),
                new Observers(IngestObserver.NONE, TrainingObserver.NONE, RegistryObserver.NONE));
    }

    URI address() {
        return rooms.address();
    }

    URI addressElsewhere() {
        return URI.create(elsewhere.untilPrinted(ADDRESS));
    }

    /** Lets time pass for everything that is told by the clock, in no time. */
    void wait(Duration time) {
        clock.ahead = clock.ahead.plus(time);
    }

    /** Sends so many examples of two labels, whose events lie an hour back. */
    void sendExamples(int count) {
        send("examples", IntStream.range(sent, sent + count).mapToObj(i -> example(i, i % 2 == 0 ? "sea" : "kitchen")));
        sent += count;
    }

    /** The same with each label for the other's texts. */
    void sendConfused(int count) {
        send("examples", IntStream.range(sent, sent + count).mapToObj(i -> example(i, i % 2 == 0 ? "kitchen" : "sea")));
        sent += count;
    }

    /** Sends the first examples once more. */
    void sendAgain(int count) {
        send("examples", IntStream.range(0, count).mapToObj(i -> example(i, i % 2 == 0 ? "sea" : "kitchen")));
    }

    void sendBroken(int count) {
        send("examples", IntStream.range(0, count).mapToObj(i -> "this is no JSON"));
    }

    void ask(String text) {
        send("inputs", Stream.of("{\"id\": \"asked\", \"text\": \"" + text + "\"}"));
    }

    private static String example(int number, String label) {
        List<String> words = number % 2 == 0 ? SEA : KITCHEN;
        return "{\"id\": \"%d\", \"text\": \"the %s and the %s\", \"label\": \"%s\", \"time\": \"%s\"}"
                .formatted(
                        number,
                        words.get(number / 2 % 6),
                        words.get(number / 12 % 6),
                        label,
                        Instant.now().minus(Duration.ofHours(1)));
    }

    private void send(String topic, Stream<String> values) {
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            values.forEach(value -> {
                var unused = producer.send(new ProducerRecord<>(topic, value.getBytes(StandardCharsets.UTF_8)));
            });
        }
    }

    void control(String... what) {
        Shell shell = new Shell(folder);
        String[] all = Stream.of(
                        Stream.of("control", MODEL),
                        Stream.of(what),
                        Stream.of("--bootstrap-servers", broker.bootstrapServers()))
                .flatMap(part -> part)
                .toArray(String[]::new);
        assertThat(shell.run(all)).as(shell.err()).isZero();
    }

    /** The status of an answer. */
    int score(String text) {
        return send(HttpRequest.newBuilder(address().resolve("/v1/score"))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"text\": \"" + text + "\"}")))
                .statusCode();
    }

    /** Waits until the metrics have a line. */
    void untilMeasured(String line) {
        RunningMillrace.await(() -> metrics().lines().anyMatch(line::equals), () -> line + " is measured");
    }

    String metrics() {
        return send(HttpRequest.newBuilder(address().resolve("/metrics"))).body();
    }

    private HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    void killElsewhere() {
        elsewhere.close();
    }

    void stopKafka() {
        broker.close();
    }

    @Override
    public void close() {
        elsewhere.close();
        rooms.close();
        broker.close();
    }

    /** The system's clock, which can be put forward. */
    private static final class MovedClock extends Clock {

        private volatile Duration ahead = Duration.ZERO;

        @Override
        public Instant instant() {
            return Instant.now().plus(ahead);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
