package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.EmbeddedBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProduceCommandTest {

    private final EmbeddedBroker broker;

    @TempDir
    private Path folder = Path.of("");

    ProduceCommandTest(@TempDir Path data) {
        broker = EmbeddedBroker.start(data);
    }

    @BeforeEach
    void writeFiles() throws IOException {
        Files.writeString(
                folder.resolve("tickets.csv"),
                IntStream.range(0, 50)
                        .mapToObj(i -> "message " + i + ",queue\n")
                        .collect(Collectors.joining("", "body,queue\n", "")));
        Files.writeString(folder.resolve("tickets.txt"), "nothing");
        Files.writeString(folder.resolve("tickets.jsonl"), "{\"text\": \"a\", \"label\": \"b\"}\n");
    }

    @AfterAll
    void stop() {
        broker.close();
    }

    private List<String> values(String topic) {
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                new StringDeserializer(),
                new StringDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            List<String> values = new ArrayList<>();
            while (partitions.stream()
                    .anyMatch(partition -> consumer.position(partition) < ends.getOrDefault(partition, 0L))) {
                consumer.poll(Duration.ofSeconds(1)).forEach(record -> values.add(record.value()));
            }
            return values;
        }
    }

    private int produce(Shell shell, String prefix, String... arguments) {
        List<String> all = new ArrayList<>(List.of("produce", "--bootstrap-servers", broker.bootstrapServers()));
        all.addAll(List.of("--set", "topic-prefix=" + prefix, "--set", "kafka.partitions=1"));
        all.addAll(List.of(arguments));
        return shell.run(all.toArray(String[]::new));
    }

    @Test
    void sendsAFileInItsOrderAndCreatesTheTopic() {
        Shell shell = new Shell(folder);

        assertThat(produce(shell, "order-", "tickets.csv", "--text", "body", "--label", "queue"))
                .as(shell::err)
                .isZero();

        assertThat(shell.out()).startsWith("Sent 50 examples to order-examples in ");
        assertThat(shell.err()).contains("Sending: 50 examples").contains("100% of the file read");
        assertThat(values("order-examples"))
                .hasSize(50)
                .first()
                .asString()
                .contains("\"text\":\"message 0\"", "\"label\":\"queue\"");
    }

    @Test
    void aSeedGivesAnOrderThatIsTheSameEachTime() {
        for (String prefix : List.of("one-", "two-")) {
            assertThat(produce(
                            new Shell(folder), prefix, "tickets.csv", "--text=body", "--label=queue", "--shuffle", "1"))
                    .isZero();
        }
        produce(new Shell(folder), "plain-", "tickets.csv", "--text=body", "--label=queue");

        assertThat(values("one-examples")).isEqualTo(values("two-examples")).isNotEqualTo(values("plain-examples"));
        assertThat(values("one-examples")).containsExactlyInAnyOrderElementsOf(values("plain-examples"));
    }

    @Test
    void readsStandardInputAndKeepsToTheRate() {
        Shell shell = new Shell(folder).typing("text,label\na,b\nc,d\ne,f\n");

        assertThat(produce(shell, "stdin-", "-", "--format", "csv", "--rate", "100/s"))
                .isZero();

        assertThat(values("stdin-examples")).hasSize(3);
        assertThat(shell.out()).startsWith("Sent 3 examples");
    }

    @Test
    void sendsTheSampleWithoutAFile() {
        Shell shell = new Shell(folder);

        assertThat(produce(shell, "sample-", "--sample")).as(shell::err).isZero();

        assertThat(values("sample-examples"))
                .hasSize(902)
                .first()
                .asString()
                .contains("\"id\":\"hd-0001\"", "\"label\":\"vpn_remote_access\"");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    gone.csv                              | there is no file
                    tickets.txt                           | tells no format
                    tickets.csv                           | has no column "text"
                    tickets.csv --text=bodi --label=queue | did you mean "body"?
                    tickets.csv --text=body --label=body  | text and label must be two columns
                    tickets.jsonl --rate 0/s              | option '--rate': must be a number above 0
                    tickets.jsonl --rate fast             | option '--rate': must be a number above 0
                    tickets.jsonl --shuffle x             | option '--shuffle'
                    tickets.jsonl --sample                | mutually exclusive
                    - --format xml                        | must be csv, tsv or json-lines
                    tickets.jsonl --set topic-prefix=/    | topic-prefix must be
                    """)
    void whatTheUserCanMendIsOneLineAndExitCodeTwo(String arguments, String message) {
        Shell shell = new Shell(folder);

        assertThat(produce(shell, "bad-", arguments.split(" "))).isEqualTo(2);

        assertThat(shell.err()).startsWith("millrace produce: ").contains(message);
        assertThat(shell.err().lines()).hasSize(1);
    }

    @Test
    void aClusterThatCannotBeFoundIsOneLineToo() {
        Shell shell = new Shell(folder);

        assertThat(shell.run("produce", "tickets.jsonl", "--bootstrap-servers", "no-such-host.invalid:9092"))
                .isEqualTo(2);

        assertThat(shell.err())
                .contains("no-such-host.invalid:9092")
                .satisfies(text -> assertThat(text.lines()).hasSize(1));
    }
}
