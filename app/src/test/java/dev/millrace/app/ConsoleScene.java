package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.broker.EmbeddedBroker;
import dev.millrace.ingest.IngestObserver;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.RegistryObserver;
import dev.millrace.registry.RegistryReader;
import dev.millrace.trainer.TrainingObserver;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/** A Millrace that has learned something and refused something, with its console. */
final class ConsoleScene implements AutoCloseable {

    static final String MODEL = TaughtModel.NAME;
    static final String SCRIPT = "{\"text\": \"<script>document.title = 'taken'</script>\"}";
    static final String LABELLED = "{\"text\": \"no label here\", \"label\": \"hardware\"}";
    static final int UNREADABLE = 60;

    /**
     * Whether the model is the one that users get, on most of the sample, rather than a tiny one: takes a minute more, and
     * makes the pictures of the README, {@code mvn verify -pl app -am -Dtest=ConsoleTest
     * -Dsurefire.failIfNoSpecifiedTests=false -Dmillrace.pictures=true}.
     */
    private static final boolean PICTURES = Boolean.getBoolean("millrace.pictures");

    private static final Duration PATIENCE = Duration.ofSeconds(PICTURES ? 300 : 60);
    private static final int EXAMPLES = PICTURES ? 800 : 160;

    private final Path folder;
    private final EmbeddedBroker broker;
    private final List<Rooms> rooms = new ArrayList<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private final Rooms all;

    private ConsoleScene(Path folder) {
        this.folder = folder;
        broker = EmbeddedBroker.start(folder.resolve("kafka"));
        all = open(EnumSet.allOf(Role.class), Map.of());
    }

    /** Starts it, and waits until it has served its newest version and refused all that it should. */
    static ConsoleScene start(Path folder) {
        ConsoleScene scene = new ConsoleScene(folder);
        TaughtModel model = new TaughtModel(scene.broker.bootstrapServers());
        model.send(
                "examples",
                IntStream.range(0, UNREADABLE).mapToObj(i -> ("nonsense " + i).getBytes(StandardCharsets.UTF_8)));
        model.send("examples", 0, EXAMPLES);
        model.send(
                "examples",
                Stream.of("{\"text\": \"no label here\"}", "this is no JSON", SCRIPT)
                        .map(text -> text.getBytes(StandardCharsets.UTF_8)));
        model.send("examples", Stream.of(new byte[] {(byte) 0xff, 0x00, 0x41}));
        model.send("inputs", Stream.of("{\"txt\": \"where is it?\"}".getBytes(StandardCharsets.UTF_8)));
        await("all was learned", () -> model.hasLearned(EXAMPLES) ? true : null);
        scene.awaitLearned(EXAMPLES - 1);
        await("all was refused", () -> scene.records("examples-rejected").size() >= UNREADABLE + 5 ? true : null);
        return scene;
    }

    /** Another process on the same topics. */
    Rooms open(Set<Role> roles, Map<String, String> settings) {
        SettingsLoader loader = new SettingsLoader();
        Map<String, String> model = PICTURES
                ? Map.of("trainer.version-every-examples", "100")
                : Map.of("trainer.base", "tiny", "trainer.voters", "none", "trainer.version-every-examples", "32");
        model.forEach((key, value) -> loader.put(key, value, "test"));
        Map<String, String> own = Map.of(
                "kafka.bootstrap-servers", broker.bootstrapServers(),
                "kafka.replication-factor", "1",
                "kafka.partitions", "1",
                "data-directory", folder.resolve("data").toAbsolutePath().toString(),
                "http.port", "0",
                "trainer.idle-flush", "200ms",
                "instance-id", "desk");
        own.forEach((key, value) -> loader.put(key, value, "test"));
        settings.forEach((key, value) -> loader.put(key, value, "test"));
        Rooms started = Rooms.start(
                loader.load().settings(),
                roles,
                new Shell(folder).surroundings(),
                new Observers(IngestObserver.NONE, TrainingObserver.NONE, RegistryObserver.NONE));
        rooms.add(started);
        return started;
    }

    URI address() {
        return all.address();
    }

    Path folder() {
        return folder;
    }

    ModelRegistry registry() {
        return RegistryReader.readSettled(client(), "model-registry", PATIENCE);
    }

    /** Waits until more was learned than so many examples, and all of it is served. */
    void awaitLearned(long examples) {
        await("more than " + examples + " examples are served", () -> {
            ModelRegistry registry = registry();
            boolean more = registry.latest(MODEL)
                    .filter(latest -> latest.examples() > examples && latest.version() == champion())
                    .isPresent();
            return (more && served() == champion()) ? true : null;
        });
    }

    long learned() {
        return registry().latest(MODEL).orElseThrow().examples();
    }

    long champion() {
        return registry().target(MODEL, "champion").orElse(0);
    }

    long served() {
        return all.subscription(MODEL)
                .flatMap(subscription -> subscription.current())
                .map(version -> version.version())
                .orElse(-1L);
    }

    /** All records of a topic's only partition that are committed now. */
    List<ConsumerRecord<byte[], byte[]>> records(String topic) {
        Map<String, Object> properties =
                Map.of("bootstrap.servers", broker.bootstrapServers(), "isolation.level", "read_committed");
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            TopicPartition partition = new TopicPartition(topic, 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
            while (consumer.position(partition) < end) {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            }
            return records;
        }
    }

    /** The offset of the dead letter that has this value. */
    long letter(String value) {
        return records("examples-rejected").stream()
                .filter(record -> value.equals(text(record)))
                .findFirst()
                .orElseThrow()
                .offset();
    }

    static String text(ConsumerRecord<byte[], byte[]> record) {
        return record.value() == null ? "" : new String(record.value(), StandardCharsets.UTF_8);
    }

    HttpResponse<String> get(URI at, String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(at.resolve(path));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), BodyHandlers.ofString());
    }

    /** Posts a form as a page does, with headers beside. */
    HttpResponse<String> post(URI at, String path, Map<String, String> form, String... headers) throws Exception {
        String body = form.entrySet().stream()
                .map(field -> field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
        HttpRequest.Builder request = HttpRequest.newBuilder(at.resolve(path))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), BodyHandlers.ofString());
    }

    int status(URI at, String path, String... headers) {
        try {
            return get(at, path, headers).statusCode();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Posts a form, and sees it refused with a problem. */
    void assertRefused(URI at, String path, Map<String, String> form, int status, String why, String... headers)
            throws Exception {
        HttpResponse<String> answer = post(at, path, form, headers);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        assertThat(new ObjectMapper().readTree(answer.body()).path("detail").asText())
                .contains(why);
    }

    static <T> T await(String what, Supplier<@Nullable T> look) {
        long begun = System.nanoTime();
        @Nullable T found = look.get();
        while (found == null) {
            assertThat(System.nanoTime() - begun).as(what).isLessThan(PATIENCE.toNanos());
            LockSupport.parkNanos(20_000_000);
            found = look.get();
        }
        return found;
    }

    private Map<String, Object> client() {
        return Map.of("bootstrap.servers", broker.bootstrapServers());
    }

    @Override
    public void close() {
        for (int i = rooms.size() - 1; i >= 0; i--) {
            rooms.get(i).close();
        }
        broker.close();
    }
}
