package dev.millrace.trainer;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.model.Compute;
import dev.millrace.model.NaiveTraining;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.StepSettings.Rates;
import dev.millrace.model.Tensor;
import dev.millrace.model.Tensor.ElementType;
import dev.millrace.model.TokenIds;
import dev.millrace.model.Tokenizer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * One pass over a ledger by the loop that is usually written: each mini-batch is tokenized, answered and learned beside
 * past examples, one after the other, by {@link NaiveTraining}. Batch size, rehearsal, learning rates, weight decay, label
 * smoothing and averaging are the recipe's; there are no voters, no drift and no holdout. All labels are known before the
 * first step. For one thread.
 */
public final class NaivePass implements AutoCloseable {

    private final Recipe recipe;
    private final Tokenizer tokenizer;
    private final NaiveTraining training;
    private final Map<String, Integer> labels = new HashMap<>();
    private final List<LabelledExample> examples = new ArrayList<>();
    private final List<TokenIds> memory = new ArrayList<>();
    private final List<Integer> memoryLabels = new ArrayList<>();
    private final Set<Integer> known = new HashSet<>();
    private final Random random;
    private final Rates rates;
    private int next;
    private long correct;

    /**
     * Loads the model.
     *
     * @param published the pretrained model to start from
     * @param compute where and with how many threads; its precision is not looked at
     * @param recipe of learning
     * @param ledger records of one model, in order
     */
    public NaivePass(PretrainedModel published, Compute compute, Recipe recipe, List<LedgerReader.Entry> ledger) {
        this.recipe = recipe;
        PretrainedModel base = recipe.kept(published);
        this.random = new Random(recipe.seed());
        for (LedgerReader.Entry entry : ledger) {
            if (entry.content() instanceof LabelledExample example) {
                examples.add(example);
                labels.putIfAbsent(example.label(), labels.size());
            }
        }
        int layers = base.config().layers();
        this.rates = Rates.decaying(
                layers, layers, recipe.encoderLearningRate(), recipe.layerDecay(), recipe.headLearningRate());
        this.training = new NaiveTraining(
                base,
                compute,
                rows(base.config().hidden()),
                recipe.loss().labelSmoothing(),
                recipe.weightDecay(),
                recipe.averageDecay());
        this.tokenizer = base.tokenizer(recipe.maxTokens());
    }

    private Tensor rows(int hidden) {
        ByteBuffer values =
                ByteBuffer.allocate(labels.size() * hidden * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        while (values.hasRemaining()) {
            values.putFloat((float) random.nextGaussian());
        }
        return new Tensor("rows", ElementType.F32, List.of((long) labels.size(), (long) hidden), values.flip());
    }

    /** {@return how many whole mini-batches are not learned yet} */
    public int left() {
        return (examples.size() - next) / recipe.batchSize();
    }

    /** Answers and learns the next mini-batch. */
    public void learnNext() {
        List<TokenIds> texts = new ArrayList<>();
        List<Integer> targets = new ArrayList<>();
        for (LabelledExample example : examples.subList(next, next + recipe.batchSize())) {
            texts.add(tokenizer.encode(example.text()));
            targets.add(labels.getOrDefault(example.label(), 0));
        }
        next += recipe.batchSize();
        answer(texts, targets);
        int fresh = texts.size();
        int rehearsed = (int) Math.min(Math.round(fresh * recipe.rehearsalRatio()), memory.size());
        List<TokenIds> all = new ArrayList<>(texts);
        List<Integer> allTargets = new ArrayList<>(targets);
        random.ints(0, Math.max(1, memory.size())).distinct().limit(rehearsed).forEach(place -> {
            all.add(memory.get(place));
            allTargets.add(memoryLabels.get(place));
        });
        training.step(all, allTargets.stream().mapToLong(Integer::longValue).toArray(), rates);
        memory.addAll(texts);
        memoryLabels.addAll(targets);
        known.addAll(targets);
    }

    private void answer(List<TokenIds> texts, List<Integer> targets) {
        List<NaiveTraining.Answer> answers = training.answer(texts);
        Map<Integer, float[]> first = new HashMap<>();
        for (int i = 0; i < texts.size(); i++) {
            int target = targets.get(i);
            if (known.contains(target)) {
                correct += best(answers.get(i).logits()) == target ? 1 : 0;
            } else {
                first.merge(target, answers.get(i).embedding(), NaivePass::sum);
            }
        }
        first.forEach(training::imprint);
    }

    private int best(float[] logits) {
        int best = -1;
        for (int i = 0; i < logits.length; i++) {
            if (known.contains(i) && (best < 0 || logits[i] > logits[best])) {
                best = i;
            }
        }
        return best;
    }

    private static float[] sum(float[] a, float[] b) {
        float[] sum = a.clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += b[i];
        }
        return sum;
    }

    /** {@return how many examples it answered right before it learned them} */
    public long correct() {
        return correct;
    }

    /** {@return how many examples it has learned} */
    public long examples() {
        return next;
    }

    @Override
    public void close() {
        training.close();
        tokenizer.close();
    }
}
