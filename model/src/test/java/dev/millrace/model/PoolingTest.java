package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.millrace.model.EncoderConfig.Pooling;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What makes a text's embedding beside the layers: first token and prefix, in training and in serving. */
class PoolingTest {

    private static final EncoderConfig FIRST = TinyBert.CONFIG.with(Pooling.FIRST_TOKEN);
    private static final List<String> TEXTS = List.of("my card has not arrived", "help", "the printer is broken");

    @Test
    void theFirstTokenIsTheEmbeddingOfEveryTextOfABatch() {
        try (Network network = Network.load(TinyBert.model(FIRST), TinyBert.CPU, 1);
                NDManager scope = network.manager().newSubManager()) {
            EagerBert eager = new EagerBert(FIRST, arrays(scope));
            TokenBatch batch = TinyBert.batch();

            NDArray embeddings = network.embed(scope, network.load(TinyBert.trainable(network)), batch);

            for (int row = 0; row < batch.size(); row++) {
                TokenIds text = TinyBert.texts().get(batch.order().get(row));
                assertThat(embeddings.get(row).toFloatArray())
                        .containsExactly(eager.embed(scope, text).toFloatArray(), within(1e-5f));
            }
            assertThat(network.embedPublished(scope, batch).toFloatArray()).containsExactly(embeddings.toFloatArray());
        }
    }

    @Test
    void theLowestLayersArePooledAlike() {
        assertThat(TinyBert.model(FIRST).lowest(1).config().pooling()).isEqualTo(Pooling.FIRST_TOKEN);
    }

    @Test
    void gradientsGoThroughTheFirstToken() {
        Tensor rows = TinyBert.head();
        try (Network network = Network.load(TinyBert.model(FIRST), TinyBert.CPU, 0)) {
            new Gradients(network, TinyBert.SHAPE, List.of(rows), TinyBert.settings(network), TinyBert.targets())
                    .agreeWithCentralDifferences();
        }
    }

    @Test
    void aVersionIsServedWithThePoolingItWasTrainedWith(@TempDir Path folder) throws IOException {
        try (Classifier classifier = Classifier.load(version(folder, FIRST), TinyBert.CPU);
                Tokenizer tokenizer = TinyBert.model().tokenizer(32);
                NDManager scope = NDManager.newBaseManager(TinyBert.CPU.djl(), "PyTorch")) {
            EagerBert eager = new EagerBert(FIRST, arrays(scope));
            List<Prediction> answers = classifier.classify(TEXTS);

            for (int i = 0; i < TEXTS.size(); i++) {
                NDArray embedding = eager.embed(scope, tokenizer.encode(TEXTS.get(i)));
                float[] expected = eager.logits(embedding.expandDims(0), TinyBert.HEAD, 16)
                        .softmax(1)
                        .toFloatArray();
                answers.get(i)
                        .scores()
                        .forEach(score -> assertThat(score.confidence())
                                .isCloseTo(expected["abc".indexOf(score.label())], within(1e-4)));
            }
        }
    }

    @Test
    void aVersionIsServedWithThePrefixItWasTrainedWith(@TempDir Path folder) throws IOException {
        Path plain = Files.createDirectory(folder.resolve("plain"));
        Path prefixed = Files.createDirectory(folder.resolve("prefixed"));
        try (Classifier without = Classifier.load(version(plain, FIRST), TinyBert.CPU);
                Classifier with = Classifier.load(version(prefixed, FIRST.withPrefix("please: ")), TinyBert.CPU)) {
            assertThat(with.classify(List.of("help"))).isEqualTo(without.classify(List.of("please: help")));
            assertThat(with.classify(List.of("help"))).isNotEqualTo(without.classify(List.of("help")));
        }
    }

    static Map<String, Path> version(Path folder, EncoderConfig config, Tensor... tuned) throws IOException {
        PretrainedModel model = TinyBert.model(config);
        List<Tensor> learned = new ArrayList<>(List.of(tuned));
        learned.add(TinyBert.head());
        Map<String, Path> files = Map.of(
                Classifier.CONFIG, Files.write(folder.resolve("c"), config.write()),
                Classifier.TOKENIZER, Files.writeString(folder.resolve("t"), model.tokenizerJson()),
                Classifier.BASE, folder.resolve("b"),
                Classifier.WEIGHTS, folder.resolve("w"));
        try (OutputStream base = Files.newOutputStream(folder.resolve("b"));
                OutputStream weights = Files.newOutputStream(folder.resolve("w"))) {
            model.writeTensors(base);
            new ClassifierWeights(List.of("a", "b", "c"), TinyBert.SHAPE, 32, learned).writeTo(weights);
        }
        return files;
    }

    private static Map<String, NDArray> arrays(NDManager owner) {
        Map<String, NDArray> arrays = new HashMap<>();
        TinyBert.tensors(FIRST).forEach((name, tensor) -> arrays.put(name, NativeArray.of(owner, tensor)));
        arrays.put(TinyBert.HEAD, NativeArray.of(owner, TinyBert.head()));
        return arrays;
    }
}
