package dev.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import dev.millrace.model.ParameterGroup.Part;
import dev.millrace.model.StepSettings.Rates;
import dev.millrace.model.StepSettings.Update;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the training step is compared with learns the same. */
class NaiveTrainingTest {

    @Test
    void learnsWhatTheNetworkLearns() {
        Rates rates = Rates.uniform(TinyBert.CONFIG.layers(), 1e-3, 1e-2);
        float[] ones = new float[TinyBert.texts().size()];
        Arrays.fill(ones, 1);
        try (Network network = Network.load(TinyBert.model(), TinyBert.CPU, 0);
                ParameterGroup encoder = ParameterGroup.fresh(network, TinyBert.trainable(network));
                ParameterGroup head = ParameterGroup.fresh(network, List.of(TinyBert.head()));
                NaiveTraining naive =
                        new NaiveTraining(TinyBert.model(), TinyBert.CPU, TinyBert.head(), 0.1, 0.01, 0.9)) {
            for (int step = 1; step <= 4; step++) {
                double decay = Math.min(0.9, (1.0 + step) / (10.0 + step));
                try (NDManager scope = network.manager().newSubManager()) {
                    Network.StepResult result = network.step(
                            scope,
                            encoder,
                            0,
                            TinyBert.SHAPE,
                            head,
                            StepSettings.plain(0.1, Update.adamw(rates, 0.01, 1, decay)),
                            TinyBert.batch(),
                            Targets.of(TinyBert.labels(), ones));
                    float loss = naive.step(TokenBatch.of(TinyBert.texts()).texts(), TinyBert.labels(), rates);
                    assertThat(loss).isCloseTo(result.loss(), within(1e-4f));
                }
            }
            Map<String, float[]> averages = TinyBert.values(head.snapshot());
            try (NDManager scope = network.manager().newSubManager()) {
                List<TokenIds> texts = TinyBert.batch().texts();
                float[] expected = network.predict(
                                scope, encoder.averages(), TinyBert.SHAPE, head.averages(), TinyBert.batch())
                        .logits()
                        .toFloatArray();
                List<NaiveTraining.Answer> answers = naive.answer(texts);
                for (int row = 0; row < texts.size(); row++) {
                    float[] own = Arrays.copyOfRange(expected, row * TinyBert.LABELS, (row + 1) * TinyBert.LABELS);
                    assertThat(answers.get(row).logits()).containsExactly(own, within(1e-3f));
                }
            }
            float[] row =
                    Arrays.copyOf(TinyBert.get(averages, Part.AVERAGE.of(TinyBert.HEAD)), TinyBert.CONFIG.hidden());
            naive.imprint(2, row);
            float[] logits = naive.answer(TinyBert.texts()).get(0).logits();
            assertThat(logits[2]).isCloseTo(logits[0], within(1e-2f));
        }
    }
}
