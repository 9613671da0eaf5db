package dev.millrace.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.registry.Governance.Asked;
import dev.millrace.registry.RegistryEvent.Action;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class JobCatalogTest {

    private static final Instant NOW = Instant.parse("2026-11-25T08:00:00Z");
    private static final Asked ANN = new Asked("ann", "a new team");
    private static final Map<String, String> RECIPE = Map.of("batch-size", "8");

    private static Cluster cluster;

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        cluster = Cluster.start(folder);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    private static Governance governance(String topic) {
        return Governance.open(cluster.client(), topic, Clock.fixed(NOW, ZoneOffset.UTC));
    }

    @Test
    void findsAJobOnceItsCreatorHasBeenAnswered() throws Exception {
        String topic = cluster.createRegistry("found");
        AtomicLong nanos = new AtomicLong();
        try (Governance governance = governance(topic);
                JobCatalog catalog = JobCatalog.open(cluster.client(), topic, nanos::get)) {
            assertThat(catalog.find("fraud")).isEmpty();
            JobRecord created = governance.createJob("fraud", "tiny", RECIPE, ANN);
            nanos.addAndGet(JobCatalog.KNOWN_WITHIN.toNanos());

            assertThat(catalog.find("fraud")).contains(created);
            assertThat(created).isEqualTo(new JobRecord("fraud", "tiny", RECIPE, NOW, "ann", "a new team"));
            assertThat(cluster.read(topic).job("fraud")).contains(created);
            assertThat(cluster.read(topic).versions("fraud")).isEmpty();
            assertThat(governance.told())
                    .extracting(told -> told.event().action())
                    .containsExactly(Action.JOB_CREATED);
        }
    }

    @Test
    void forgetsAJobThatIsRemoved() throws Exception {
        String topic = cluster.createRegistry("removed");
        AtomicLong nanos = new AtomicLong();
        try (Governance governance = governance(topic);
                JobCatalog catalog = JobCatalog.open(cluster.client(), topic, nanos::get)) {
            governance.createJob("fraud", "tiny", RECIPE, ANN);
            assertThat(catalog.jobs()).containsOnlyKeys("fraud");
            assertThatThrownBy(() -> governance.createJob("fraud", "tiny", RECIPE, ANN))
                    .isInstanceOf(GovernanceException.class)
                    .hasMessageContaining("there is a job for fraud already, created by ann at 2026-11-25T08:00:00Z");
            governance.removeJob("fraud", ANN);
            assertThat(governance.told().get(0).event())
                    .isEqualTo(
                            new RegistryEvent("fraud", Action.JOB_REMOVED, null, null, null, NOW, "ann", "a new team"));
            nanos.addAndGet(Duration.ofSeconds(1).toNanos());

            assertThat(catalog.find("fraud")).isEmpty();
            assertThat(catalog.jobs()).isEmpty();
            assertThatThrownBy(() -> governance.removeJob("fraud", ANN))
                    .isInstanceOf(GovernanceException.class)
                    .hasMessageContaining("no job was created for fraud");
        }
    }

    @Test
    void readsATopicThatIsNotThereYetAsEmpty() throws Exception {
        AtomicLong nanos = new AtomicLong();
        try (JobCatalog catalog = JobCatalog.open(cluster.client(), "to-come", nanos::get)) {
            assertThat(catalog.find("fraud")).isEmpty();
            String topic = cluster.createRegistry("to-come");
            try (Governance governance = governance(topic)) {
                governance.createJob("fraud", "tiny", RECIPE, ANN);
            }
            nanos.addAndGet(JobCatalog.KNOWN_WITHIN.toNanos());
            assertThat(catalog.find("fraud")).isPresent();
        }
    }
}
