package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.model.Classifier;
import dev.millrace.model.Head;
import dev.millrace.model.PretrainedHead;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tensor;
import dev.millrace.registry.Alias;
import dev.millrace.registry.Artifact;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.RegistryReader;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.TrainerBench.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class FirstVersionTest {

    private static final String MODEL = "support";
    private static final List<String> LABELS = List.of("travel", "billing", "cards");
    private static final Recipe BERT = TinyRecipe.with(Map.of("head", "bert"));
    private static final Clock CLOCK = Clock.fixed(HelpDesk.START, ZoneOffset.UTC);

    @TempDir
    static Path folder;

    private static TrainerBench bench;

    @BeforeAll
    static void start() {
        PretrainedModel encoder = TinyBase.light();
        List<Tensor> tensors =
                new ArrayList<>(Head.bert(8).newRows(directions(encoder.config().hidden()), new float[] {1}));
        tensors.addAll(Head.bert(8).freshHiddenLayers(encoder.config().hidden(), 3));
        bench = new TrainerBench(
                folder,
                new PretrainedModel(
                        "elsewhere",
                        encoder.config(),
                        encoder.tensors(),
                        encoder.tokenizerJson(),
                        Optional.of(new PretrainedHead(Head.bert(8), LABELS, tensors))));
    }

    private static Tensor directions(int hidden) {
        float[] features = new float[LABELS.size() * hidden];
        for (int i = 0; i < features.length; i++) {
            features[i] = (float) Math.sin(1 + 7.0 * i);
        }
        List<List<Integer>> each = List.of(List.of(0), List.of(1), List.of(2));
        return Imprint.rows(features, hidden, each, Head.ROWS);
    }

    @AfterAll
    static void stop() {
        bench.close();
    }

    private static VersionRecord publish(Site site, Recipe recipe) throws IOException {
        return FirstVersion.publish(
                bench.settings(site, recipe, TrainerBench.POLICY, MODEL),
                MODEL,
                TinyBase.CPU,
                site.store(),
                UnaryOperator.identity(),
                CLOCK);
    }

    @Test
    void isServedBeforeAnyExampleAndTrainedOnAndReplayed() throws IOException {
        Site site = bench.site("imported", 3);
        VersionRecord first = publish(site, BERT);

        assertThat(first.version()).isEqualTo(1);
        assertThat(first.examples()).isZero();
        assertThat(first.labels()).isEqualTo(LABELS);
        ModelRegistry published = RegistryReader.readSettled(bench.client(), site.registry(), Duration.ofSeconds(30));
        assertThat(published.resolve(MODEL, Alias.CHAMPION)).contains(first);
        assertThat(published.verdict(MODEL, 1).orElseThrow().passed()).isTrue();
        try (Classifier classifier = Classifier.load(files(site, first), TinyBase.CPU)) {
            assertThat(classifier.labels()).isEqualTo(LABELS);
            assertThat(classifier.classify(List.of("my card")).get(0).scores()).hasSize(3);
        }

        bench.append(site, HelpDesk.examples(MODEL, 32, 1));
        try (LoopRun run = LoopRun.start(bench, site, bench.settings(site, BERT, TrainerBench.POLICY, MODEL))) {
            run.until(() -> run.published.size() == 2);
            assertThatThrownBy(() -> publish(site, BERT)).hasMessageContaining("a trainer is running (1 in the");
        }
        ModelRegistry registry = bench.registry(site);
        VersionRecord newest = registry.latest(MODEL).orElseThrow();
        assertThat(newest.version()).isEqualTo(3);
        assertThat(registry.version(MODEL, 2).orElseThrow().parent()).isEqualTo(1);
        assertThat(newest.labels()).startsWith("travel", "billing", "cards").contains("parcels");
        for (long version : new long[] {1, 3}) {
            assertThat(bench.replay(site, registry, version, OptionalLong.empty())
                            .isIdentical())
                    .as("version %s from its base", version)
                    .isTrue();
        }
        assertThatThrownBy(() -> publish(site, BERT))
                .hasMessageContaining("support has versions already, the newest of them 3");
    }

    private static Map<String, Path> files(Site site, VersionRecord version) throws IOException {
        Map<String, Path> files = new HashMap<>();
        for (Artifact artifact : version.artifacts()) {
            files.put(artifact.role(), site.store().fetch(artifact));
        }
        return files;
    }

    @Test
    void isNotMadeByARecipeThatTrainsAnotherHead() throws IOException {
        Site site = bench.site("another", 1);
        assertThatThrownBy(() -> publish(site, TinyRecipe.standard()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the base has a head of its own, which takes trainer.head=bert");
        assertThat(bench.registry(site).models()).isEmpty();
    }
}
