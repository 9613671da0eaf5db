package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.model.Classifier;
import dev.millrace.model.PretrainedModel;
import dev.millrace.registry.Artifact;
import dev.millrace.registry.RegistryObserver;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.TrainerBench.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Models with bases and recipes of their own in one process. */
@Timeout(180)
class JobsTest {

    private static final VersionPolicy POLICY = new VersionPolicy(16, Duration.ofDays(1), Duration.ofHours(1), 2);
    private static final int EXAMPLES = 16;

    @TempDir
    static Path folder;

    private static TrainerBench bench;

    @BeforeAll
    static void start() {
        bench = new TrainerBench(folder);
    }

    @AfterAll
    static void stop() {
        bench.close();
    }

    private static Map<String, Job> jobs() {
        PretrainedModel other = TinyBase.light();
        Map<String, Job> jobs = new TreeMap<>();
        jobs.put("whole", new Job(bench.base, TinyRecipe.standard()));
        jobs.put("top", new Job(bench.base, TinyRecipe.with(Map.of("frozen-layers", "1", "batch-size", "4"))));
        jobs.put("adapted", new Job(bench.base, TinyRecipe.with(Map.of("frozen-layers", "1", "adapter-rank", "2"))));
        jobs.put("lowest", new Job(bench.base, TinyRecipe.with(Map.of("kept-layers", "1", "max-tokens", "16"))));
        jobs.put("other", new Job(other, TinyRecipe.standard()));
        return jobs;
    }

    /** Each model's version of all its examples. */
    private static Map<String, VersionRecord> trained(Site site, Map<String, Job> jobs) throws Exception {
        List<LabelledExample> all = new ArrayList<>();
        for (int i = 0; i < EXAMPLES; i++) {
            for (String model : jobs.keySet()) {
                all.add(HelpDesk.examples(model, EXAMPLES, 1).get(i));
            }
        }
        bench.append(site, all);
        BlockingQueue<VersionRecord> published = new LinkedBlockingQueue<>();
        RegistryObserver observer = new RegistryObserver() {
            @Override
            public void published(VersionRecord version, Duration writing) {
                published.add(version);
            }
        };
        Map<String, VersionRecord> versions = new HashMap<>();
        try (TrainerService trainer = TrainerService.start(
                bench.settings(site, jobs, POLICY),
                CreatedJobs.NONE,
                TinyBase.CPU,
                site.store(),
                UnaryOperator.identity(),
                TrainingObserver.NONE,
                observer,
                Clock.systemUTC(),
                System::nanoTime)) {
            while (versions.size() < jobs.size()) {
                VersionRecord version = published.poll(60, TimeUnit.SECONDS);
                assertThat(trainer.failure()).isEmpty();
                assertThat(version).as("a version").isNotNull();
                if (version != null && version.examples() == EXAMPLES) {
                    versions.put(version.model(), version);
                }
            }
        }
        return versions;
    }

    private static Artifact base(VersionRecord version) {
        return version.artifact(Classifier.BASE).orElseThrow();
    }

    @Test
    void eachLearnsAsItWouldAlone() throws Exception {
        Map<String, Job> jobs = jobs();
        Map<String, VersionRecord> together = trained(bench.site("together", 1), jobs);
        Map<String, VersionRecord> alone = new HashMap<>();
        for (Map.Entry<String, Job> job : jobs.entrySet()) {
            alone.putAll(trained(bench.site("alone-" + job.getKey(), 1), Map.ofEntries(job)));
        }

        assertThat(together).hasSameSizeAs(jobs);
        together.forEach((model, version) -> {
            assertThat(alone)
                    .hasEntrySatisfying(
                            model, its -> assertThat(its.artifacts()).isEqualTo(version.artifacts()));
            assertThat(jobs)
                    .hasEntrySatisfying(
                            model,
                            job -> assertThat(version.settings())
                                    .isEqualTo(job.recipe().asMap()));
        });
        assertThat(together.values().stream().map(JobsTest::base).distinct()).hasSize(3);
    }

    @Test
    void tellsWhoseRecipeDoesNotFitItsBase() throws IOException {
        Map<String, Job> jobs = new TreeMap<>(jobs());
        jobs.put("deep", new Job(bench.base, TinyRecipe.with(Map.of("frozen-layers", "7"))));
        Site site = bench.site("deep", 1);

        assertThatThrownBy(() -> trained(site, jobs))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("deep: frozenLayers must be 0 to 1, but is 7");
        assertThatThrownBy(() -> bench.settings(site, jobs, POLICY).job("none"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("there is no job for a model none");
    }
}
