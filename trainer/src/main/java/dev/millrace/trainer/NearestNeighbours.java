package dev.millrace.trainer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The {@code k} nearest neighbours among all embeddings learned so far, by cosine similarity {@code s}. Each votes for its
 * label with a weight of {@code exp(10 s)}; of labels with as many votes, the one with the nearer neighbour wins. Of
 * equally near neighbours the one learned first counts as nearer.
 *
 * <p>Keeps every embedding: 1.5 kB each at 384 dimensions. A prediction looks at all of them.
 */
public final class NearestNeighbours implements FrozenLearner {

    /** Examples in one block: their similarities stay in the first-level cache while a block is scanned. */
    private static final int BLOCK = 256;

    /**
     * How much more a nearer neighbour counts. With the similarity itself as the weight, neighbours at 0.9 and at 0.6
     * count almost the same, which costs a point of accuracy on Banking77.
     */
    private static final double SHARPNESS = 10;

    private final int neighbours;

    /**
     * The directions of the embeddings, {@value #BLOCK} in a block, one dimension after the other. In this layout the
     * inner loop adds to neighbouring similarities, which the JIT compiler vectorises; it must not vectorise a sum over
     * one row, for that would change the order of float additions.
     */
    private final List<float[]> blocks = new ArrayList<>();

    private final float[] similarities = new float[BLOCK];
    private int[] labels = new int[BLOCK];
    private int size;
    private int dimension = -1;

    /**
     * A learner that has seen nothing.
     *
     * @param neighbours how many vote, 1 or more
     */
    public NearestNeighbours(int neighbours) {
        if (neighbours < 1) {
            throw new IllegalArgumentException("neighbours must be >= 1, but is " + neighbours);
        }
        this.neighbours = neighbours;
    }

    @Override
    public String name() {
        return neighbours + "-nearest-neighbours";
    }

    @Override
    public void learn(float[] embedding, int label) {
        Embedding.checkedLabel(label);
        float[] direction = Embedding.normalised(embedding, dimension < 0 ? embedding.length : dimension);
        dimension = direction.length;
        int slot = size % BLOCK;
        if (slot == 0) {
            blocks.add(new float[dimension * BLOCK]);
        }
        float[] block = blocks.get(blocks.size() - 1);
        for (int i = 0; i < dimension; i++) {
            block[i * BLOCK + slot] = direction[i];
        }
        if (size == labels.length) {
            labels = Arrays.copyOf(labels, 2 * size);
        }
        labels[size++] = label;
    }

    @Override
    public int predict(float[] embedding) {
        return predictAll(List.of(embedding))[0];
    }

    /** Reads each block from memory once for all of them, which is what a prediction takes its time for. */
    @Override
    public int[] predictAll(List<float[]> embeddings) {
        int[] answers = new int[embeddings.size()];
        Arrays.fill(answers, -1);
        if (size == 0) {
            return answers;
        }
        List<float[]> queries = new ArrayList<>();
        List<Nearest> nearest = new ArrayList<>();
        for (float[] embedding : embeddings) {
            queries.add(Embedding.normalised(embedding, dimension));
            nearest.add(new Nearest(Math.min(neighbours, size)));
        }
        for (int block = 0; block < blocks.size(); block++) {
            int first = block * BLOCK;
            int count = Math.min(BLOCK, size - first);
            for (int query = 0; query < answers.length; query++) {
                scan(blocks.get(block), queries.get(query));
                nearest.get(query).offerAll(similarities, count, first);
            }
        }
        for (int query = 0; query < answers.length; query++) {
            answers[query] = nearest.get(query).vote(labels);
        }
        return answers;
    }

    /** Fills {@link #similarities}, four dimensions at a time so that each sum is loaded and stored a fourth as often. */
    private void scan(float[] block, float[] query) {
        Arrays.fill(similarities, 0);
        int whole = query.length - query.length % 4;
        for (int d = 0; d < whole; d += 4) {
            add(similarities, block, d * BLOCK, query[d], query[d + 1], query[d + 2], query[d + 3]);
        }
        for (int d = whole; d < query.length; d++) {
            for (int i = 0; i < BLOCK; i++) {
                similarities[i] += query[d] * block[d * BLOCK + i];
            }
        }
    }

    private static void add(float[] sums, float[] block, int start, float a, float b, float c, float d) {
        for (int i = 0; i < BLOCK; i++) {
            sums[i] += a * block[start + i]
                    + b * block[start + BLOCK + i]
                    + c * block[start + 2 * BLOCK + i]
                    + d * block[start + 3 * BLOCK + i];
        }
    }

    /** The nearest so far, nearest first. */
    private static final class Nearest {

        private final float[] similarities;
        private final int[] examples;

        Nearest(int count) {
            similarities = new float[count];
            Arrays.fill(similarities, Float.NEGATIVE_INFINITY);
            examples = new int[count];
        }

        void offerAll(float[] offered, int count, int first) {
            for (int i = 0; i < count; i++) {
                if (offered[i] > similarities[similarities.length - 1]) {
                    insert(offered[i], first + i);
                }
            }
        }

        private void insert(float similarity, int example) {
            int place = similarities.length - 1;
            while (place > 0 && similarity > similarities[place - 1]) {
                place--;
            }
            int behind = similarities.length - 1 - place;
            System.arraycopy(similarities, place, similarities, place + 1, behind);
            System.arraycopy(examples, place, examples, place + 1, behind);
            similarities[place] = similarity;
            examples[place] = example;
        }

        int vote(int[] labels) {
            int winner = -1;
            double most = 0;
            for (int i = 0; i < examples.length; i++) {
                double votes = 0;
                for (int j = 0; j < examples.length; j++) {
                    if (labels[examples[j]] == labels[examples[i]]) {
                        votes += Math.exp(SHARPNESS * similarities[j]);
                    }
                }
                if (votes > most) {
                    most = votes;
                    winner = labels[examples[i]];
                }
            }
            return winner;
        }
    }
}
