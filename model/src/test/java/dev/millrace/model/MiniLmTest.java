package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The bundled encoder, from its tensors to what its embeddings say. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MiniLmTest {

    private static final List<String> TEXTS = PublishedEncoderTest.TEXTS;

    private PretrainedModel model;
    private SentenceEncoder encoder;

    @BeforeAll
    void load() {
        model = PretrainedModel.bundled();
        encoder = new SentenceEncoder(model, TinyBert.CPU, 128);
    }

    @AfterAll
    void close() {
        encoder.close();
    }

    @Test
    void aTextIsNotInfluencedByItsNeighbours() {
        List<float[]> together = encoder.embed(TEXTS);

        for (int i = 0; i < TEXTS.size(); i++) {
            assertThat(encoder.embed(List.of(TEXTS.get(i))).get(0))
                    .describedAs(TEXTS.get(i))
                    .containsExactly(together.get(i), within(1e-5f));
        }
    }

    @Test
    void textsThatMeanTheSameAreNearer() {
        List<float[]> embeddings = encoder.embed(List.of(
                "my card has not arrived", "when will I receive my credit card?", "the lift is stuck on floor two"));

        assertThat(cosine(embeddings.get(0), embeddings.get(1)))
                .isGreaterThan(cosine(embeddings.get(0), embeddings.get(2)) + 0.3);
    }

    private static double cosine(float[] a, float[] b) {
        double product = 0;
        for (int i = 0; i < a.length; i++) {
            product += (double) a[i] * b[i];
        }
        return product;
    }

    /** Half the mantissa of a binary32, so agreement to a hundredth is all that can be asked. */
    @Test
    void bfloat16IsTheSameEncoderLessExactly() {
        Compute half = new Compute(Compute.Place.CPU, Compute.Precision.BFLOAT16);
        List<String> few = TEXTS.subList(0, 2);
        List<float[]> exact = encoder.embed(few);

        try (SentenceEncoder rough = new SentenceEncoder(model, half, 128)) {
            List<float[]> embeddings = rough.embed(few);
            for (int i = 0; i < few.size(); i++) {
                assertThat(cosine(embeddings.get(i), exact.get(i))).isBetween(0.99, 1.01);
                assertThat(embeddings.get(i)).isNotEqualTo(exact.get(i));
            }
        }
    }

    @Test
    void frozenLayersAreTheSameLayers() {
        try (Tokenizer tokenizer = model.tokenizer(128);
                Network network = Network.load(model, TinyBert.CPU, 4);
                NDManager scope = network.manager().newSubManager()) {
            NDList layers = network.load(model.layers(4, 6));
            TokenBatch batch = TokenBatch.of(List.of(tokenizer.encode(TEXTS.get(0))));

            NDArray embedding = network.embed(scope, layers, batch);

            assertThat(embedding.toFloatArray())
                    .containsExactly(encoder.embed(TEXTS.subList(0, 1)).get(0));
        }
    }

    @Test
    void everyTensorIsThereInItsShape() {
        List<String> names = new ArrayList<>(EncoderLayout.embeddings());
        names.addAll(EncoderLayout.layers(0, 6));

        assertThat(model.tensors().keySet()).containsExactlyElementsOf(names);
        assertThat(shape("embeddings.word_embeddings.weight")).containsExactly(30522L, 384L);
        assertThat(shape("embeddings.position_embeddings.weight")).containsExactly(512L, 384L);
        assertThat(shape("encoder.layer.5.attention.self.key.weight")).containsExactly(384L, 384L);
        assertThat(shape("encoder.layer.0.intermediate.dense.weight")).containsExactly(1536L, 384L);
        assertThat(shape("encoder.layer.3.output.dense.weight")).containsExactly(384L, 1536L);
        assertThat(shape("encoder.layer.3.output.dense.bias")).containsExactly(384L);
        long parameters = model.tensors().values().stream()
                .mapToLong(tensor -> tensor.data().remaining() / Float.BYTES)
                .sum();
        assertThat(parameters).isEqualTo(22_565_376L);
    }

    private List<Long> shape(String name) {
        return TinyBert.get(model.tensors(), name).shape();
    }
}
