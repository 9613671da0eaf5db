package dev.millrace.app;

import dev.millrace.ingest.LabelledExample;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Texts that are answered without being learned, and what they should be answered.
 *
 * @param texts none blank
 * @param labels of the texts, in their order
 */
record TestSet(List<String> texts, List<String> labels) {

    TestSet {
        texts = List.copyOf(texts);
        labels = List.copyOf(labels);
    }

    /** The test set of labelled examples. */
    static TestSet of(List<LabelledExample> examples) {
        return new TestSet(
                examples.stream().map(LabelledExample::text).toList(),
                examples.stream().map(LabelledExample::label).toList());
    }

    /** The same texts, whose labels have other names. */
    TestSet relabelled(UnaryOperator<String> name) {
        return new TestSet(texts, labels.stream().map(name).toList());
    }

    /** The texts of some labels alone. */
    TestSet only(Collection<String> some) {
        List<String> ownTexts = new ArrayList<>();
        List<String> ownLabels = new ArrayList<>();
        for (int i = 0; i < labels.size(); i++) {
            if (some.contains(labels.get(i))) {
                ownTexts.add(texts.get(i));
                ownLabels.add(labels.get(i));
            }
        }
        return new TestSet(ownTexts, ownLabels);
    }

    /**
     * The share of right answers.
     *
     * @param answers one for each text
     * @return from 0 to 1; 0 when there are no texts
     */
    double accuracy(List<String> answers) {
        return accuracy(answers, labels);
    }

    /**
     * The share of right answers to the texts of some labels.
     *
     * @param answers one for each text of this set
     * @param some labels
     * @return from 0 to 1; 0 when there are no such texts
     */
    double accuracy(List<String> answers, Collection<String> some) {
        long texts = 0;
        long right = 0;
        for (int i = 0; i < labels.size(); i++) {
            if (some.contains(labels.get(i))) {
                texts++;
                right += labels.get(i).equals(answers.get(i)) ? 1 : 0;
            }
        }
        return texts == 0 ? 0 : (double) right / texts;
    }
}
