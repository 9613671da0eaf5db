package dev.millrace.app;

import dev.millrace.ingest.LabelledExample;
import dev.millrace.trainer.OfflineTraining;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The encoder trained offline, as often as one likes, on the very examples that the trainer learned in one pass.
 *
 * @param settings of the run
 * @param around the clock
 * @param stop ends it early
 */
record OfflineRun(Settings settings, Surroundings around, StopSignal stop) {

    /**
     * Trains from the base once for each number of epochs.
     *
     * @param ledger the examples
     * @param test answered at the end of each training
     * @param epochs the numbers
     * @return accuracy and time by the number of epochs
     */
    Map<String, Object> measure(List<LabelledExample> ledger, TestSet test, List<Integer> epochs) {
        List<LabelledExample> unseen = unseen(test, ledger.get(0));
        Map<String, Object> figures = new LinkedHashMap<>();
        try (OfflineTraining training = new OfflineTraining(
                Learning.base(settings, around.directory()), Learning.compute(settings.trainer()), settings.recipe())) {
            for (int count : epochs) {
                long begun = around.nanoTicker().getAsLong();
                double accuracy = accuracy(training, ledger, unseen, count);
                double seconds = (around.nanoTicker().getAsLong() - begun) / 1e9;
                figures.put(Integer.toString(count), Map.of("test", accuracy, "seconds", seconds));
            }
        }
        return figures;
    }

    private double accuracy(
            OfflineTraining training, List<LabelledExample> ledger, List<LabelledExample> unseen, int epochs) {
        try (Progress progress = Progress.begin(around, "Offline", "examples", (long) epochs * ledger.size())) {
            return training.accuracy(ledger, unseen, epochs, learned -> {
                if (stop.isAsked()) {
                    throw new CommandException("stopped before the offline training was through");
                }
                progress.to(learned);
            });
        }
    }

    private static List<LabelledExample> unseen(TestSet test, LabelledExample alike) {
        List<LabelledExample> unseen = new ArrayList<>();
        for (int i = 0; i < test.texts().size(); i++) {
            unseen.add(new LabelledExample(
                    "test-" + i,
                    alike.model(),
                    test.texts().get(i),
                    test.labels().get(i),
                    alike.time(),
                    null,
                    1));
        }
        return unseen;
    }
}
