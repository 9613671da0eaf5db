package dev.millrace.registry;

import static dev.millrace.registry.Examples.TIME;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.millrace.registry.Deployment.State;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class DeploymentReportsTest {

    private static final ModelAlias NAME = new ModelAlias("m", "champion");

    private final AtomicLong nanos = new AtomicLong();
    private final DeploymentReports reports =
            new DeploymentReports(Duration.ofSeconds(30), Clock.fixed(TIME.plusSeconds(9), ZoneOffset.UTC), nanos::get);
    private final AtomicInteger dropped = new AtomicInteger();
    private final RegistryObserver observer = new RegistryObserver() {
        @Override
        public void reportDropped(String model) {
            dropped.incrementAndGet();
        }
    };

    private static Deployment report(String alias, long version) {
        return new Deployment("m", alias, "here", State.SERVING, 1, version, TIME, version, TIME, null);
    }

    @Test
    void tellsAChangeOnceAndEverythingAgainAfterAWhile() {
        reports.put(report("champion", 1));
        reports.put(report("candidate", 2));
        assertThat(reports.take())
                .extracting(Deployment::key, Deployment::version, Deployment::time)
                .containsExactly(
                        tuple("m@champion/here", 1L, TIME.plusSeconds(9)),
                        tuple("m@candidate/here", 2L, TIME.plusSeconds(9)));
        assertThat(reports.take()).isEmpty();

        reports.put(report("champion", 1));
        assertThat(reports.take()).as("nothing new was told").isEmpty();
        reports.put(report("champion", 3));
        assertThat(reports.take()).extracting(Deployment::version).containsExactly(3L);

        nanos.addAndGet(Duration.ofSeconds(30).toNanos() - 1);
        assertThat(reports.take()).isEmpty();
        nanos.addAndGet(1);
        assertThat(reports.take()).extracting(Deployment::version).containsExactlyInAnyOrder(3L, 2L);
    }

    @Test
    void holdsOnlyTheLastWordWhileNobodyTakesIt() {
        for (long version = 1; version <= 1000; version++) {
            reports.put(report("champion", version));
        }
        assertThat(reports.take()).extracting(Deployment::version).containsExactly(1000L);
    }

    @Test
    void stopsWithALastWord() {
        reports.put(report("champion", 1));
        reports.take();
        reports.stop();
        reports.put(report("champion", 2));
        assertThat(reports.take()).extracting(Deployment::state).containsExactly(State.STOPPED);
        nanos.addAndGet(Duration.ofHours(1).toNanos());
        assertThat(reports.take()).isEmpty();
    }

    @Test
    void countsWhatCannotBeSaidAndGoesOn() {
        List<Deployment> said = new ArrayList<>();
        ReportSink<Deployment> sink = new ReportSink<>() {
            @Override
            public void send(Deployment report, Runnable lost) {
                Long version = report.version();
                if (version != null && version == 1) {
                    throw new IllegalStateException("no broker");
                }
                if (version != null && version == 2) {
                    lost.run();
                    return;
                }
                said.add(report);
            }

            @Override
            public void close() {
                said.clear();
            }
        };
        DeploymentReporter reporter = new DeploymentReporter(NAME, reports, sink, observer);
        for (long version = 1; version <= 3; version++) {
            reporter.report(report("champion", version));
            reporter.sendDue();
        }
        assertThat(dropped).hasValue(2);
        assertThat(said).extracting(Deployment::version).containsExactly(3L);
    }
}
