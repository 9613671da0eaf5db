package dev.millrace.app;

import com.yahoo.labs.samoa.instances.Attribute;
import com.yahoo.labs.samoa.instances.DenseInstance;
import com.yahoo.labs.samoa.instances.Instance;
import com.yahoo.labs.samoa.instances.Instances;
import com.yahoo.labs.samoa.instances.InstancesHeader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import moa.classifiers.AbstractClassifier;
import moa.classifiers.bayes.NaiveBayes;
import moa.classifiers.functions.SGDMultiClass;
import moa.classifiers.lazy.kNN;
import moa.classifiers.trees.HoeffdingAdaptiveTree;
import moa.classifiers.trees.HoeffdingTree;

/**
 * Stream learners of MOA (Bifet et al. 2010, "MOA: massive online analysis"), as they come, on embeddings of dimensions
 * that they see as numeric attributes; each answers an example before it learns it. Unlike ours, they must be told all
 * labels beforehand.
 */
final class MoaLearners {

    private static final int LOGISTIC_LOSS = 1;

    private final InstancesHeader header;
    private final int dimension;
    private final List<String> labels;
    private final Map<String, AbstractClassifier> learners = new LinkedHashMap<>();

    MoaLearners(int dimension, List<String> labels) {
        this.dimension = dimension;
        this.labels = List.copyOf(labels);
        List<Attribute> attributes = new ArrayList<>();
        for (int i = 0; i < dimension; i++) {
            attributes.add(new Attribute("embedding" + i));
        }
        attributes.add(new Attribute("label", new ArrayList<>(labels)));
        Instances stream = new Instances("stream", attributes, 0);
        stream.setClassIndex(dimension);
        header = new InstancesHeader(stream);
        SGDMultiClass logistic = new SGDMultiClass();
        logistic.lossFunctionOption.setChosenIndex(LOGISTIC_LOSS);
        add("logistic SGD", logistic);
        add("kNN, k = 10, window of 1000", new kNN());
        add("Hoeffding tree", new HoeffdingTree());
        add("Hoeffding adaptive tree", new HoeffdingAdaptiveTree());
        add("naive Bayes", new NaiveBayes());
    }

    private void add(String name, AbstractClassifier learner) {
        learner.prepareForUse();
        learner.setModelContext(header);
        learner.resetLearning();
        learners.put(name, learner);
    }

    /**
     * Answers an example and learns it.
     *
     * @param embedding of its text
     * @param label one of those told beforehand
     * @return what each answered, by name; an empty string where it has no opinion yet
     */
    Map<String, String> learn(float[] embedding, String label) {
        Instance example = instance(embedding);
        example.setClassValue(labels.indexOf(label));
        Map<String, String> answers = new LinkedHashMap<>();
        learners.forEach((name, learner) -> {
            answers.put(name, answer(learner, example));
            learner.trainOnInstance(example);
        });
        return answers;
    }

    private String answer(AbstractClassifier learner, Instance example) {
        double[] votes = learner.getVotesForInstance(example);
        int best = -1;
        for (int label = 0; label < votes.length; label++) {
            if (votes[label] > (best < 0 ? 0 : votes[best])) {
                best = label;
            }
        }
        return best < 0 ? "" : labels.get(best);
    }

    /** Answers a text without learning it. */
    Map<String, String> predict(float[] embedding) {
        Instance example = instance(embedding);
        Map<String, String> answers = new LinkedHashMap<>();
        learners.forEach((name, learner) -> answers.put(name, answer(learner, example)));
        return answers;
    }

    private Instance instance(float[] embedding) {
        double[] values = new double[dimension + 1];
        // Embeddings have the length 1; rates and thresholds of MOA are for attributes whose mean square is that.
        double scale = Math.sqrt(dimension);
        for (int i = 0; i < dimension; i++) {
            values[i] = embedding[i] * scale;
        }
        Instance example = new DenseInstance(1, values);
        example.setDataset(header);
        return example;
    }
}
