package dev.millrace.trainer;

import java.util.ArrayList;
import java.util.List;

/**
 * A fresh example and what was answered to it before it was learned. It holds no text: who wants that reads the ledger at
 * its offset.
 *
 * @param offset of the example in the model's partition of the ledger
 * @param label that is right, by the name it has now
 * @param answer the label that was answered; an empty string where no label was known
 */
public record AnsweredExample(long offset, String label, String answer) {

    /** {@return whether the answer is the label} */
    public boolean isCorrect() {
        return answer.equals(label);
    }

    /** The examples of a mini-batch under the names that their labels have now; none when there are no answers. */
    static List<AnsweredExample> of(
            List<LedgerEntry.Example> entries, List<TrainingExample> current, List<String> answers) {
        List<AnsweredExample> answered = new ArrayList<>(answers.size());
        for (int i = 0; i < answers.size(); i++) {
            answered.add(
                    new AnsweredExample(entries.get(i).offset(), current.get(i).label(), answers.get(i)));
        }
        return answered;
    }
}
