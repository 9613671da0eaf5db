package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassifierTest {

    private static final List<String> LABELS = List.of("card", "printer", "other");
    private static final String TUNED = "encoder.layer.1.output.dense.bias";
    private static final Tensor TUNED_BIAS = TinyBert.tensor(
            TUNED,
            new float[] {1, -2, 3, 4, 1, 0, 1, 2, 0, 0, 0, 1, 1, 1, 1, 1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1, 2, 3, 4, 5, 6
            },
            32);

    private static final String AVERAGE = ParameterGroup.Part.AVERAGE.of("");

    /** 150 different texts of many lengths: more than two parts. */
    private static final List<String> TEXTS = IntStream.range(0, 150)
            .mapToObj(i -> "my card has not arrived ".repeat(i % 5) + "the printer is broken " + (char) ('a' + i % 26)
                    + (char) ('a' + i / 26))
            .toList();

    @TempDir
    private Path folder;

    private Map<String, Path> files;

    @BeforeEach
    void write() throws IOException {
        files = TinyClassifier.files(folder, LABELS, 32, List.of(TinyBert.head(), TUNED_BIAS));
    }

    private void weights(List<String> labels, int maxTokens, List<Tensor> tensors) throws IOException {
        try (OutputStream out = Files.newOutputStream(folder.resolve("weights.safetensors"))) {
            new ClassifierWeights(labels, TinyBert.SHAPE, maxTokens, tensors).writeTo(out);
        }
    }

    @Test
    void answersAsTheNetworkPredicts() throws IOException {
        List<String> texts = TEXTS.subList(0, 20);
        List<float[]> expected = predicted(texts);

        try (Classifier classifier = Classifier.load(files, TinyBert.CPU)) {
            assertThat(classifier.labels()).isEqualTo(LABELS);
            List<Prediction> answers = classifier.classify(texts);
            for (int i = 0; i < texts.size(); i++) {
                for (Prediction.Score score : answers.get(i).scores()) {
                    assertThat(score.confidence())
                            .describedAs(texts.get(i) + ", " + score.label())
                            .isCloseTo(expected.get(i)[LABELS.indexOf(score.label())], within(1e-6));
                }
            }
        }
    }

    @Test
    void answersWithAnyHeadAsTheNetworkPredicts() throws IOException {
        List<String> texts = TEXTS.subList(0, 5);
        for (Head head : HeadTest.heads().toList()) {
            List<Tensor> tensors = HeadTest.tensors(head, 3);
            try (OutputStream out = Files.newOutputStream(folder.resolve("weights.safetensors"))) {
                new ClassifierWeights(LABELS, head, 32, append(tensors, TUNED_BIAS)).writeTo(out);
            }
            List<float[]> expected = predicted(texts, head, tensors);

            try (Classifier classifier = Classifier.load(files, TinyBert.CPU)) {
                List<Prediction> answers = classifier.classify(texts);
                for (int i = 0; i < texts.size(); i++) {
                    for (Prediction.Score score : answers.get(i).scores()) {
                        assertThat(score.confidence())
                                .describedAs(head + ", " + texts.get(i) + ", " + score.label())
                                .isCloseTo(expected.get(i)[LABELS.indexOf(score.label())], within(1e-5));
                    }
                }
            }
        }
    }

    private static List<Tensor> append(List<Tensor> tensors, Tensor one) {
        List<Tensor> longer = new ArrayList<>(tensors);
        longer.add(one);
        return longer;
    }

    @Test
    void adaptersAreMergedWhenTheyAreLoaded() throws IOException {
        Adapters adapters = Adapters.of(4, Adapters.Target.ALL);
        try (Network network = Network.load(TinyBert.model(), TinyBert.CPU, 0, adapters);
                Training training = Training.fresh(network).steps(10);
                Tokenizer tokenizer = TinyBert.model().tokenizer(32)) {
            List<Tensor> averages = training.snapshot().stream()
                    .filter(tensor -> tensor.name().startsWith(AVERAGE))
                    .map(tensor -> new Tensor(
                            tensor.name().substring(AVERAGE.length()), tensor.type(), tensor.shape(), tensor.data()))
                    .toList();
            try (OutputStream out = Files.newOutputStream(folder.resolve("weights.safetensors"))) {
                new ClassifierWeights(LABELS, TinyBert.SHAPE, 32, adapters.weight(), averages).writeTo(out);
            }
            try (Classifier classifier = Classifier.load(files, TinyBert.CPU);
                    NDManager scope = network.manager().newSubManager()) {
                String text = TEXTS.get(3);
                float[] expected = network.predict(
                                scope,
                                training.encoder.averages(),
                                training.shape,
                                training.head.averages(),
                                TokenBatch.of(List.of(tokenizer.encode(text))))
                        .logits()
                        .softmax(1)
                        .toFloatArray();
                for (Prediction.Score score :
                        classifier.classify(List.of(text)).get(0).scores()) {
                    assertThat(score.confidence()).isCloseTo(expected[LABELS.indexOf(score.label())], within(1e-5));
                }
            }
        }
    }

    private static List<float[]> predicted(List<String> texts) {
        return predicted(texts, TinyBert.SHAPE, List.of(TinyBert.head()));
    }

    /** The confidences by the network alone, with the tuned bias in its place, text by text. */
    private static List<float[]> predicted(List<String> texts, Head shape, List<Tensor> rows) {
        Map<String, Tensor> tensors = TinyBert.tensors(TinyBert.CONFIG);
        tensors.put(TUNED, TUNED_BIAS);
        PretrainedModel model = new PretrainedModel("tiny", TinyBert.CONFIG, tensors, TinyTokenizer.json());
        List<float[]> confidences = new ArrayList<>();
        try (Network network = Network.load(model, TinyBert.CPU, 0);
                Tokenizer tokenizer = model.tokenizer(32)) {
            NDList layers = network.load(model.layers(0, 2));
            for (String text : texts) {
                try (NDManager scope = network.manager().newSubManager()) {
                    NDList head = new NDList();
                    rows.forEach(tensor -> head.add(NativeArray.of(scope, tensor)));
                    TokenBatch batch = TokenBatch.of(List.of(tokenizer.encode(text)));
                    NDArray logits =
                            network.predict(scope, layers, shape, head, batch).logits();
                    confidences.add(logits.softmax(1).toFloatArray());
                }
            }
        }
        return confidences;
    }

    @Test
    void confidencesAreSortedAndAddUpToOne() throws IOException {
        try (Classifier classifier = Classifier.load(files, TinyBert.CPU)) {
            for (Prediction answer : classifier.classify(TEXTS)) {
                List<Double> confidences = answer.scores().stream()
                        .map(Prediction.Score::confidence)
                        .toList();
                assertThat(confidences).isSortedAccordingTo((a, b) -> Double.compare(b, a));
                assertThat(confidences.stream().mapToDouble(c -> c).sum()).isCloseTo(1, within(1e-5));
                assertThat(answer.scores())
                        .extracting(Prediction.Score::label)
                        .containsExactlyInAnyOrderElementsOf(LABELS);
                assertThat(answer.label()).isEqualTo(answer.scores().get(0).label());
                assertThat(answer.confidence()).isEqualTo(confidences.get(0));
            }
        }
    }

    @Test
    void manyTextsAreAnsweredInTheirOrder() throws IOException {
        try (Classifier classifier = Classifier.load(files, TinyBert.CPU)) {
            List<Prediction> together = classifier.classify(TEXTS);

            assertThat(together).hasSameSizeAs(TEXTS);
            for (int i = 0; i < TEXTS.size(); i++) {
                Prediction alone = classifier.classify(List.of(TEXTS.get(i))).get(0);
                assertThat(together.get(i).label()).isEqualTo(alone.label());
                assertThat(together.get(i).confidence()).isCloseTo(alone.confidence(), within(1e-5));
            }
            assertThat(together.stream().map(Prediction::confidence).distinct().count())
                    .describedAs("texts differ, or their order could not be seen")
                    .isGreaterThan(100);
        }
    }

    @Test
    void noTextsHaveNoAnswers() throws IOException {
        try (Classifier classifier = Classifier.load(files, TinyBert.CPU)) {
            assertThat(classifier.classify(List.of())).isEmpty();
        }
    }

    @Test
    void textsWithoutTokensAndTooLongOnesAreAnsweredToo() throws IOException {
        try (Classifier classifier = Classifier.load(files, TinyBert.CPU)) {
            List<Prediction> answers = classifier.classify(
                    List.of("", "card ".repeat(10_000), "card ".repeat(30).strip()));

            assertThat(answers).hasSize(3);
            assertThat(answers.get(1).confidence()).isCloseTo(answers.get(2).confidence(), within(1e-6));
        }
    }

    @Test
    void fourThreadsGetTheSameAnswers() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try (Classifier classifier = Classifier.load(files, TinyBert.CPU)) {
            List<Prediction> expected = classifier.classify(TEXTS);
            List<Callable<List<Prediction>>> tasks = new ArrayList<>();
            for (int i = 0; i < 24; i++) {
                tasks.add(() -> classifier.classify(TEXTS));
            }
            for (Future<List<Prediction>> answers : threads.invokeAll(tasks)) {
                assertThat(answers.get()).isEqualTo(expected);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aClosedClassifierRefusesToAnswer() throws IOException {
        Classifier classifier = Classifier.load(files, TinyBert.CPU);
        classifier.close();

        assertThatThrownBy(() -> classifier.classify(List.of("the printer is broken")))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aMissingRoleIsNamed() {
        for (String role : Classifier.ROLES) {
            Map<String, Path> fewer = new HashMap<>(files);
            fewer.remove(role);

            assertThatThrownBy(() -> Classifier.load(fewer, TinyBert.CPU))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no file with the role " + role);
        }
    }

    @Test
    void aHeadThatDoesNotFitTheLabelsIsRefused() throws IOException {
        weights(List.of("card", "printer"), 32, List.of(TinyBert.head()));
        assertThatRefused("weights.safetensors", "head.weight: F32[2, 32], one row a label");

        weights(LABELS, 32, List.of(TinyBert.tensor("head.weight", new float[96], 32, 3)));
        assertThatRefused("weights.safetensors", "head.weight: F32[3, 32]");

        weights(LABELS, 32, List.of(TUNED_BIAS));
        assertThatRefused("weights.safetensors", "head.weight: F32[3, 32]");
    }

    @Test
    void weightsOfAnotherEncoderAreRefused() throws IOException {
        weights(LABELS, 32, List.of(TinyBert.head(), TinyBert.tensor("encoder.layer.7.x", new float[1], 1)));
        assertThatRefused("weights.safetensors", "no tensor named encoder.layer.7.x");

        weights(LABELS, 32, List.of(TinyBert.head(), TinyBert.tensor(TUNED, new float[31], 31)));
        assertThatRefused("weights.safetensors", TUNED + ": F32[31]");
    }

    @Test
    void moreTokensThanTheEncoderHasPlacesForAreRefused() throws IOException {
        weights(LABELS, 65, List.of(TinyBert.head()));

        assertThatRefused("maxTokens must be <= 64", "65");
    }

    @Test
    void aFileOfAnotherKindIsRefused() throws IOException {
        files.put(Classifier.WEIGHTS, folder.resolve("base.safetensors"));
        assertThatRefused("base.safetensors", "the head must be one of cosine, linear, bert");

        files.put(Classifier.WEIGHTS, folder.resolve("config.json"));
        assertThatRefused("config.json", "header");

        files.put(Classifier.WEIGHTS, folder.resolve("weights.safetensors"));
        files.put(Classifier.BASE, folder.resolve("weights.safetensors"));
        assertThatRefused("weights.safetensors", "no tensor named embeddings.word_embeddings.weight");

        files.put(Classifier.BASE, folder.resolve("base.safetensors"));
        files.put(Classifier.TOKENIZER, folder.resolve("config.json"));
        assertThatRefused("tokenizer", "no Hugging Face tokenizer");
    }

    private void assertThatRefused(String... parts) {
        assertThatThrownBy(() -> Classifier.load(files, TinyBert.CPU))
                .isInstanceOf(IOException.class)
                .message()
                .contains(parts);
    }

    @Test
    void aPredictionHasAtLeastOneScore() {
        assertThatThrownBy(() -> new Prediction(List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at least one score");
    }
}
