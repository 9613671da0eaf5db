package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.model.Compute;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.SentenceEncoder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import picocli.CommandLine;

/** What others' stream learners reach on the same embeddings. docs/measurements.md says how to run it on files. */
class MoaLearnersTest {

    private static final int TEXTS_AT_ONCE = 64;

    @Test
    void allOfThemLearnWhatAChildCouldTellApart() {
        MoaLearners learners = new MoaLearners(2, List.of("left", "right"));
        Random random = new Random(1);
        Map<String, Integer> rightInTheEnd = new LinkedHashMap<>();
        for (int i = 0; i < 1000; i++) {
            String label = random.nextBoolean() ? "right" : "left";
            float[] embedding = {label.equals("right") ? 1 : -1, (float) random.nextGaussian()};
            boolean late = i >= 900;
            learners.learn(embedding, label)
                    .forEach((name, answer) ->
                            rightInTheEnd.merge(name, late && answer.equals(label) ? 1 : 0, Integer::sum));
        }
        assertThat(rightInTheEnd)
                .hasSize(5)
                .allSatisfy((name, right) -> assertThat(right).as(name).isGreaterThan(95));
        assertThat(learners.predict(new float[] {-1, 0}))
                .allSatisfy((name, answer) -> assertThat(answer).isEqualTo("left"));
    }

    /** Options of {@code bench quality}, in the property {@code moa.bench}, separated by blanks. */
    @CommandLine.Command(name = "moa")
    private static final class Bench implements Runnable {

        private final Surroundings around;

        @CommandLine.Mixin
        private final FileOptions files;

        @CommandLine.Mixin
        private final StreamOptions streams = new StreamOptions();

        @CommandLine.Option(names = "--train", required = true)
        private Path train = Path.of("");

        @CommandLine.Option(names = "--test", required = true)
        private Path test = Path.of("");

        private Bench(Surroundings around) {
            this.around = around;
            this.files = new FileOptions(around);
        }

        @Override
        public void run() {
            Settings settings = new SettingsLoader().load().settings();
            List<StreamedExample> examples = ExampleFile.read(files, train, settings, around).accepted().stream()
                    .map(StreamedExample::of)
                    .toList();
            TestSet unseen =
                    TestSet.of(ExampleFile.read(files, test, settings, around).accepted());
            StreamPlan.Drawn stream =
                    streams.plan().draw(examples, streams.seeds().get(0));
            try (SentenceEncoder encoder = new SentenceEncoder(PretrainedModel.bundled(), Compute.fastest(), 128)) {
                print(encoder, stream, stream.atTheEnd(unseen));
            }
        }

        private void print(SentenceEncoder encoder, StreamPlan.Drawn stream, TestSet unseen) {
            // Ingest leaves out what comes twice.
            Map<String, StreamedExample> once = new LinkedHashMap<>();
            stream.all().forEach(streamed -> once.putIfAbsent(streamed.id(), streamed));
            List<LabelledExample> ledger =
                    once.values().stream().map(StreamedExample::example).toList();
            List<float[]> embeddings =
                    embed(encoder, ledger.stream().map(LabelledExample::text).toList());
            MoaLearners learners = new MoaLearners(
                    embeddings.get(0).length,
                    ledger.stream().map(LabelledExample::label).distinct().toList());
            Map<String, List<String>> answers = new LinkedHashMap<>();
            for (int i = 0; i < ledger.size(); i++) {
                learners.learn(embeddings.get(i), ledger.get(i).label())
                        .forEach((name, answer) -> answers.computeIfAbsent(name, first -> new ArrayList<>())
                                .add(answer));
            }
            Map<String, List<String>> tested = new LinkedHashMap<>();
            embed(encoder, unseen.texts())
                    .forEach(embedding -> learners.predict(embedding)
                            .forEach((name, answer) -> tested.computeIfAbsent(name, first -> new ArrayList<>())
                                    .add(answer)));
            TextTable table = new TextTable("MOA on frozen embeddings", "prequential", "last quarter", "test");
            answers.forEach((name, own) -> {
                PrequentialAnswers prequential = PrequentialAnswers.of(ledger, own);
                table.row(
                        name,
                        share(prequential.accuracy()),
                        share(prequential.lastQuarter()),
                        share(unseen.accuracy(tested.getOrDefault(name, List.of()))));
            });
            table.printTo(around.out());
        }

        private static List<float[]> embed(SentenceEncoder encoder, List<String> texts) {
            List<float[]> embeddings = new ArrayList<>();
            for (int from = 0; from < texts.size(); from += TEXTS_AT_ONCE) {
                embeddings.addAll(encoder.embed(texts.subList(from, Math.min(texts.size(), from + TEXTS_AT_ONCE))));
            }
            return embeddings;
        }

        private static String share(double value) {
            return String.format(Locale.ROOT, "%.4f", value);
        }
    }

    @Test
    @EnabledIfSystemProperty(
            named = "moa.bench",
            matches = ".+",
            disabledReason = "a measurement, run by hand with the files it is for")
    void printsWhatTheyReachOnFiles() {
        Surroundings around = Surroundings.ofProcess();
        String[] options = Stream.of(System.getProperty("moa.bench", "").trim().split("\\s+"))
                .toArray(String[]::new);

        assertThat(new CommandLine(new Bench(around))
                        .setCaseInsensitiveEnumValuesAllowed(true)
                        .execute(options))
                .isZero();
    }
}
