package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.broker.EmbeddedBroker;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a full disk does to {@code millrace run} and {@code millrace broker}, in processes on a disk of a few megabytes. */
@Timeout(180)
@Tag("slow")
class FullDiskTest {

    private static final int TERMINATED = 143;
    private static final Pattern ADDRESS = Pattern.compile("Kafka listens on (\\S+:\\d+),");

    @TempDir
    private Path folder = Path.of("");

    @Test
    void ingestGoesOnWithoutRoomForItsStateAndNothingIsLostOrTwiceAfterIt() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(folder.resolve("kafka"));
                SmallDisk disk = SmallDisk.mount(folder.resolve("room").resolve("ingest"), 6)) {
            TaughtModel model = new TaughtModel(broker.bootstrapServers());
            try (RunningMillrace first = onDisk(disk, "room", broker.bootstrapServers())) {
                first.untilLogged("Training default from offset 0");
                model.send("examples", 0, 64);
                RunningMillrace.await(() -> model.hasLearned(64), first::printed);
                disk.fill();
                model.send("examples", 64, 400);
                RunningMillrace.await(() -> model.hasLearned(400), first::printed);

                first.signal("TERM");
                assertThat(first.exitWithin(Duration.ofSeconds(30))).isEqualTo(TERMINATED);
                assertThat(first.logged()).contains("No space left on device");
            }
            assertThat(model.learned()).isEqualTo(400);

            disk.makeRoom();
            try (RunningMillrace second = onDisk(disk, "room", broker.bootstrapServers())) {
                assertThatAllSentAgainIsLearnedOnce(model, second);
            }
        }
    }

    private RunningMillrace onDisk(SmallDisk disk, String name, String bootstrapServers) throws Exception {
        return new RunningMillrace(disk.starter(), folder, name, bootstrapServers, "ingest,trainer");
    }

    @Test
    void aBrokerWithoutRoomEndsAndAllGoesOnWhenItIsStartedWithRoomAgain() throws Exception {
        try (SmallDisk disk = SmallDisk.mount(folder.resolve("small"), 12);
                RunningMillrace full = broker(disk, "full", 0)) {
            String address = full.untilPrinted(ADDRESS);
            TaughtModel model = new TaughtModel(address);
            try (RunningMillrace run = new RunningMillrace(folder, "run", address, "ingest,trainer");
                    KafkaProducer<byte[], byte[]> producer = model.producer()) {
                run.untilLogged("Training default from offset 0");
                model.begin(producer, "examples", 0, 64);
                RunningMillrace.await(() -> model.hasLearned(64), run::printed);
                disk.fill();
                model.begin(producer, "examples", 64, 400);
                assertThat(full.exitWithin(Duration.ofSeconds(40))).isEqualTo(1);
                assertThat(full.logged())
                        .containsPattern("Shutdown broker because all log dirs in .* have failed")
                        .contains("No space left on device");
                producer.close(Duration.ZERO);
                assertThatProduceFindsNoKafkaAt(address);
                assertThat(run.isAlive()).as(run.printed()).isTrue();

                disk.makeRoom();
                int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
                try (RunningMillrace roomy = broker(disk, "roomy", port)) {
                    roomy.untilPrinted(ADDRESS);
                    // What the broker took before it ended is not known to those who sent it, so they send all again.
                    assertThatAllSentAgainIsLearnedOnce(model, run);
                }
            }
        }
    }

    /** Sends the 400 examples of before once more, and 16 new ones after them. */
    private static void assertThatAllSentAgainIsLearnedOnce(TaughtModel model, RunningMillrace run) throws Exception {
        List<String> all = model.ids(416);
        model.send("examples", 0, all.size());
        // With the last one in the ledger, ingest has decided on all before it.
        RunningMillrace.await(() -> model.ledger().contains(all.get(all.size() - 1)), run::printed);
        RunningMillrace.await(() -> model.hasLearned(all.size()), run::printed);
        run.signal("TERM");
        assertThat(run.exitWithin(Duration.ofSeconds(30))).isEqualTo(TERMINATED);
        assertThat(model.ledger()).containsExactlyInAnyOrderElementsOf(all);
        assertThat(model.learned()).isEqualTo(all.size());
        model.assertOneChain();
    }

    private RunningMillrace broker(SmallDisk disk, String name, int port) throws Exception {
        return RunningMillrace.broker(
                disk.starter(), folder, name, port, disk.folder().resolve("kafka"));
    }

    private void assertThatProduceFindsNoKafkaAt(String address) throws Exception {
        Path file = Files.write(
                folder.resolve("more.jsonl"),
                List.of("{\"text\": \"the printer is on fire\", \"label\": \"printer\"}"));
        Shell shell = new Shell(folder);
        int exit = shell.run(
                "produce",
                file.toString(),
                "--bootstrap-servers",
                address,
                "--set",
                "kafka.client.request.timeout.ms=500",
                "--set",
                "kafka.client.default.api.timeout.ms=1000");
        assertThat(exit).isEqualTo(2);
        assertThat(shell.err()).contains("no Kafka answers at " + address);
    }
}
