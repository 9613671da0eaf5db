package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.model.Classifier;
import dev.millrace.model.Compute;
import dev.millrace.registry.FolderArtifactStore;
import dev.millrace.registry.Subscription;
import dev.millrace.registry.VersionLoader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.utility.DockerImageName;

/** Millrace with a broker that is not ours: Kafka's own image, killed while there is training. */
@Tag("docker")
@Timeout(240)
class ExternalBrokerIT {

    private static final int EXAMPLES = 240;

    @TempDir
    private Path folder = Path.of("");

    @Test
    void aBrokerKilledWhileTrainingCostsNoExampleAndTeachesNoneTwice() throws Exception {
        try (KafkaContainer kafka = onAPortThatOutlivesARestart(DockerEngine.kafka())) {
            kafka.start();
            TaughtModel model = new TaughtModel(kafka.getBootstrapServers());
            try (RunningMillrace millrace =
                            new RunningMillrace(folder, "data", kafka.getBootstrapServers(), "ingest,trainer");
                    Subscription<Classifier> subscription = subscribe(kafka)) {
                millrace.untilLogged("Training default from offset 0");
                model.send("examples", 0, EXAMPLES / 2);
                RunningMillrace.await(() -> subscription.current().isPresent(), "a first version is served");

                DockerEngine.client().killContainerCmd(kafka.getContainerId()).exec();
                DockerEngine.client().startContainerCmd(kafka.getContainerId()).exec();
                model.send("examples", EXAMPLES / 2, EXAMPLES);

                RunningMillrace.await(
                        () -> servesWhatHasLearned(subscription, EXAMPLES),
                        () -> "the version that has learned all is served; it printed: " + millrace.printed());
                assertThat(millrace.isAlive()).as(millrace.printed()).isTrue();
                assertThat(model.ledger()).containsExactlyElementsOf(model.ids(EXAMPLES));
                assertThat(model.learned()).isEqualTo(EXAMPLES);
                model.assertOneChain();
                assertThat(subscription.<Integer>use(served -> served.value()
                                .classify(List.of("the printer is jammed"))
                                .size()))
                        .isEqualTo(1);
            }
        }
    }

    /** A port that Docker chooses is another one after each start, and the broker tells its clients the first. */
    private static KafkaContainer onAPortThatOutlivesARestart(DockerImageName image) throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            KafkaContainer kafka = new KafkaContainer(image);
            kafka.setPortBindings(List.of("127.0.0.1:" + free.getLocalPort() + ":9092"));
            return kafka;
        }
    }

    private Subscription<Classifier> subscribe(KafkaContainer kafka) throws IOException {
        VersionLoader<Classifier> loader = VersionLoader.of(
                Classifier.ROLES, Classifier.OPTIONAL_ROLES, files -> Classifier.load(files, Compute.fastest()));
        return Subscription.to(
                        TaughtModel.NAME + "@champion",
                        Map.of("bootstrap.servers", kafka.getBootstrapServers()),
                        FolderArtifactStore.open(folder.resolve("store")),
                        loader)
                .start();
    }

    private static boolean servesWhatHasLearned(Subscription<Classifier> subscription, long examples) {
        return subscription
                .current()
                .filter(version -> version.examples() == examples)
                .isPresent();
    }
}
