package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BrokerCommandTest {

    private static final Pattern ADDRESS = Pattern.compile("Kafka listens on (\\S+:\\d+),");

    @TempDir
    private Path folder = Path.of("");

    @Test
    void servesUntilItIsStopped() throws Exception {
        Shell shell = new Shell(folder);
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            Future<Integer> exit = thread.submit(() -> shell.run("broker", "--port", "0"));
            String address = awaitAddress(shell, exit);

            try (Admin admin = Cluster.connect(new Settings.Kafka(address, (short) 1, 1, Map.of()))) {
                assertThat(admin.describeCluster().nodes().get()).hasSize(1);
            }
            thread.shutdownNow();

            assertThat(exit.get(60, TimeUnit.SECONDS)).isZero();
            assertThat(folder.resolve("millrace-data/kafka/meta.properties")).exists();
            assertThat(folder.resolve("millrace-data/logs/broker.log"))
                    .content()
                    .contains("Embedded Kafka broker");
        } finally {
            thread.shutdownNow();
        }
    }

    private static String awaitAddress(Shell shell, Future<Integer> exit) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (System.nanoTime() < deadline && !exit.isDone()) {
            Matcher matcher = ADDRESS.matcher(shell.out());
            if (matcher.find()) {
                return matcher.group(1);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
        throw new AssertionError("no broker: " + shell.err());
    }

    @Test
    void aPortThatIsTakenIsOneLine() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Shell shell = new Shell(folder);

            assertThat(shell.run("broker", "--port", Integer.toString(taken.getLocalPort())))
                    .isEqualTo(2);

            assertThat(shell.err()).contains("cannot start the broker: ", Integer.toString(taken.getLocalPort()));
            assertThat(shell.err().lines()).hasSize(1);
        }
    }
}
