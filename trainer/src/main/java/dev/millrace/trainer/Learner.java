package dev.millrace.trainer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.millrace.model.Network;
import dev.millrace.model.ParameterGroup;
import dev.millrace.model.PretrainedModel;
import dev.millrace.model.Tensor;
import dev.millrace.model.TokenBatch;
import dev.millrace.model.TokenIds;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

final class Learner implements AutoCloseable {
    private static final String HEAD = "head.weight";
    private final Recipe recipe;
    private final Network network;
    private final ParameterGroup encoder;
    private @Nullable ParameterGroup head;
    private final Map<String, Integer> labels = new LinkedHashMap<>();
    private final Reservoir<TrainingExample> past;
    long steps;
    long examples;
    long correct;
    long trainingCorrect;

    Learner(Network network, PretrainedModel base, Recipe recipe) {
        this.network = network;
        this.recipe = recipe;
        this.encoder = ParameterGroup.fresh(
                network, network.trainableNames().stream().map(n -> base.tensors().get(n)).toList());
        this.past = new Reservoir<>(recipe.rehearsalCapacity(), List.of(), 0);
    }

    int[] classify(List<TokenIds> texts) {
        try (NDManager scope = network.manager().newSubManager()) {
            TokenBatch batch = TokenBatch.of(texts);
            NDArray logits = network.predict(scope, encoder, head, recipe.headScale(), batch).get(1);
            return givenOrder(batch, logits);
        }
    }

    int index(String label) { return labels.getOrDefault(label, -1); }

    private static int[] givenOrder(TokenBatch batch, NDArray logits) {
        long[] best = logits.argMax(1).toLongArray();
        int[] out = new int[best.length];
        for (int i = 0; i < best.length; i++) {
            out[batch.order().get(i)] = (int) best[i];
        }
        return out;
    }

    StepReport learn(List<TrainingExample> fresh) {
        steps++;
        RandomGenerator random = new SplittableRandom(recipe.seed() * 0x9E3779B97F4A7C15L + steps);
        try (NDManager scope = network.manager().newSubManager()) {
            long t0 = System.nanoTime();
            TokenBatch asked = TokenBatch.of(fresh.stream().map(TrainingExample::tokens).toList());
            NDArray embeddings;
            int right = 0;
            if (head == null) {
                embeddings = network.embed(scope, encoder, asked);
            } else {
                NDList answer = network.predict(scope, encoder, head, recipe.headScale(), asked);
                embeddings = answer.get(0);
                int[] best = givenOrder(asked, answer.get(1));
                for (int i = 0; i < best.length; i++) {
                    if (index(fresh.get(i).label()) == best[i]) right++;
                }
            }
            admit(scope, fresh, asked, embeddings);
            List<TrainingExample> all = new ArrayList<>(fresh);
            all.addAll(past.draw((int) Math.round(fresh.size() * recipe.rehearsalRatio()), random));
            TokenBatch batch = TokenBatch.of(all.stream().map(TrainingExample::tokens).toList());
            long[] y = new long[all.size()];
            float[] q = new float[all.size()];
            for (int i = 0; i < y.length; i++) {
                TrainingExample e = all.get(batch.order().get(i));
                y[i] = index(e.label());
                q[i] = (float) e.weight();
            }
            double decay = Math.min(recipe.averageDecay(), (1.0 + steps) / (10.0 + steps));
            var result = network.step(scope, encoder, head, new Network.StepSettings(
                recipe.headScale(), recipe.labelSmoothing(), recipe.gradientClip(), recipe.encoderLearningRate(),
                recipe.headLearningRate(), recipe.weightDecay(), decay), batch, y, q);
            int[] trained = givenOrder(batch, result.logits());
            int trainRight = 0;
            for (int i = 0; i < fresh.size(); i++) {
                if (trained[i] == index(fresh.get(i).label())) trainRight++;
            }
            fresh.forEach(e -> past.offer(e, random));
            examples += fresh.size();
            correct += right;
            trainingCorrect += trainRight;
            return new StepReport(steps, fresh.size(), all.size() - fresh.size(), result.loss(), result.gradientNorm(), right,
                trainRight, examples, correct, labels.size(), java.time.Duration.ofNanos(System.nanoTime() - t0));
        }
    }

    private void admit(NDManager scope, List<TrainingExample> fresh, TokenBatch asked, NDArray embeddings) {
        Map<String, List<Integer>> added = new LinkedHashMap<>();
        int[] row = new int[fresh.size()];
        for (int i = 0; i < row.length; i++) row[asked.order().get(i)] = i;
        for (int i = 0; i < fresh.size(); i++) {
            if (!labels.containsKey(fresh.get(i).label())) {
                added.computeIfAbsent(fresh.get(i).label(), k -> new ArrayList<>()).add(row[i]);
            }
        }
        if (added.isEmpty()) return;
        int hidden = network.config().hidden();
        float[] e = embeddings.toFloatArray();
        float[] rows = new float[added.size() * hidden];
        int at = 0;
        for (List<Integer> members : added.values()) {
            for (int m : members) for (int j = 0; j < hidden; j++) rows[at * hidden + j] += e[m * hidden + j];
            double norm = 0;
            for (int j = 0; j < hidden; j++) norm += rows[at * hidden + j] * rows[at * hidden + j];
            for (int j = 0; j < hidden; j++) rows[at * hidden + j] /= (float) Math.sqrt(norm);
            at++;
        }
        for (String l : added.keySet()) labels.put(l, labels.size());
        if (head == null) {
            java.nio.ByteBuffer bb = java.nio.ByteBuffer.allocate(rows.length * 4).order(java.nio.ByteOrder.LITTLE_ENDIAN);
            for (float r : rows) bb.putFloat(r);
            head = ParameterGroup.fresh(network, List.of(new Tensor(HEAD, Tensor.ElementType.F32, List.of((long) added.size(), (long) hidden), bb.flip())));
        } else {
            head.appendRows(scope.create(rows, new Shape(added.size(), hidden)));
        }
    }

    @Override
    public void close() {
        if (head != null) head.close();
        encoder.close();
    }
}
