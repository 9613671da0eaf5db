package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.model.Classifier;
import dev.millrace.model.Network;
import dev.millrace.model.Prediction;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tokenizer;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What voters are for: the answer is no worse than the best of them, and it is the one that is served. */
class VotingTest {

    @TempDir
    Path folder;

    @Test
    void thePooledAnswerIsNotMuchWorseThanTheBestOpinion() {
        // The rates are too small for the fine-tuned one to learn anything beside what was imprinted.
        List<StepReport> reports = train(TinyRecipe.with(Map.of("encoder-learning-rate", "1e-6")), 800)
                .reports();
        StepReport half = reports.get(reports.size() / 2);
        StepReport last = reports.get(reports.size() - 1);
        Map<String, Long> correct = new HashMap<>(last.votes().correct());
        half.votes().correct().forEach((name, before) -> correct.merge(name, -before, Long::sum));
        long best = correct.values().stream().mapToLong(Long::longValue).max().orElseThrow();

        assertThat(correct).containsOnlyKeys("fine-tuned", "linear", "neighbours");
        assertThat(correct.get("fine-tuned")).isLessThan(best);
        long examples = last.totalExamples() - half.totalExamples();
        // Weights are learned on log loss; what is best by it may be a few answers behind.
        assertThat(last.totalCorrect() - half.totalCorrect()).isGreaterThan(best - examples / 40);
        // It fades over a thousand answers, so the first ones, of which nobody knew what they were worth, are in it.
        assertThat(last.votes().calibrationError()).isBetween(0.0, 0.2);
    }

    @Test
    void whatIsServedAnswersAsTheTrainerDoes() throws IOException {
        Trained trained = train(TinyRecipe.standard(), 160);
        Map<String, Path> files = write(trained.checkpoint());
        List<LabelledExample> next = HelpDesk.examples("support", 200, 1).subList(160, 200);

        try (Classifier classifier = Classifier.load(files, TinyBase.CPU);
                Network network = Network.load(TinyBase.model(), TinyBase.CPU, 0);
                Tokenizer tokenizer = TinyBase.model().tokenizer(32);
                Learner learner = Learner.restored(
                        network, TinyRecipe.standard(), trained.checkpoint().learner(), () -> 0)) {
            List<Prediction> served =
                    classifier.classify(next.stream().map(LabelledExample::text).toList());
            int right = 0;
            for (int i = 0; i < served.size(); i++) {
                right += served.get(i).label().equals(next.get(i).label()) ? 1 : 0;
                assertThat(served.get(i).scores().stream()
                                .mapToDouble(Prediction.Score::confidence)
                                .sum())
                        .isCloseTo(1, within(1e-9));
            }
            List<TrainingExample> examples = new ArrayList<>();
            next.forEach(
                    example -> examples.add(new TrainingExample(tokenizer.encode(example.text()), example.label(), 1)));
            assertThat(learner.evaluate(examples).correct()).isEqualTo(right);
        }

        files.remove(Classifier.VOTERS);
        try (Classifier alone = Classifier.load(files, TinyBase.CPU);
                Classifier pooled = Classifier.load(write(trained.checkpoint()), TinyBase.CPU)) {
            String text = next.get(0).text();
            assertThat(alone.classify(List.of(text)).get(0).confidence())
                    .isNotEqualTo(pooled.classify(List.of(text)).get(0).confidence());
        }
    }

    private record Trained(Checkpoint checkpoint, List<StepReport> reports) {}

    private static Trained train(Recipe recipe, int examples) {
        PretrainedModel base = TinyBase.model();
        try (Network network = Network.load(base, TinyBase.CPU, 0);
                Tokenizer tokenizer = base.tokenizer(32);
                Learner learner = Learner.fresh(network, base, recipe, () -> 0)) {
            List<TrainingExample> batch = new ArrayList<>();
            List<StepReport> reports = new ArrayList<>();
            for (LabelledExample example : HelpDesk.examples("support", examples, 1)) {
                batch.add(new TrainingExample(tokenizer.encode(example.text()), example.label(), 1));
                if (batch.size() == TinyRecipe.BATCH) {
                    reports.add(learner.learn(List.copyOf(batch)));
                    batch.clear();
                }
            }
            return new Trained(Checkpoint.fresh(learner.snapshot(), recipe), reports);
        }
    }

    private Map<String, Path> write(Checkpoint checkpoint) throws IOException {
        ResumedRun.write(checkpoint, folder);
        Map<String, Path> files = new HashMap<>();
        for (String role : List.of(Classifier.WEIGHTS, Classifier.VOTERS)) {
            files.put(role, folder.resolve(role));
        }
        PretrainedModel base = TinyBase.model();
        try (OutputStream out = Files.newOutputStream(folder.resolve(Classifier.BASE))) {
            base.writeTensors(out);
        }
        Files.write(folder.resolve(Classifier.CONFIG), base.config().write());
        Files.write(folder.resolve(Classifier.TOKENIZER), base.tokenizerJson().getBytes(StandardCharsets.UTF_8));
        for (String role : List.of(Classifier.BASE, Classifier.CONFIG, Classifier.TOKENIZER)) {
            files.put(role, folder.resolve(role));
        }
        return files;
    }
}
