package dev.millrace.trainer;

import dev.millrace.registry.Verdict.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the gate finds by a candidate's and the champion's answers to the same examples.
 *
 * @param rules what is asked
 * @param labels of the examples
 * @param candidate what it answered to each
 * @param champion what it answered to each
 */
record Comparison(GateRules rules, List<String> labels, List<WindowAnswer> candidate, List<WindowAnswer> champion) {

    /** With fewer of a label, losing all of them could still be chance. */
    private static final double LABEL_SIGNIFICANCE = 0.05;

    Comparison {
        labels = List.copyOf(labels);
        candidate = List.copyOf(candidate);
        champion = List.copyOf(champion);
    }

    List<Finding> findings() {
        return List.of(accuracy(), recall(), calibration());
    }

    private Finding accuracy() {
        Paired paired = Paired.of(candidate, champion);
        double chance = paired.chance();
        boolean passed = paired.fall() < rules.leastEffect() || chance > rules.significance();
        return new Finding(
                "accuracy",
                passed,
                Map.of(
                        "candidate",
                        share(candidate),
                        "champion",
                        share(champion),
                        "examples",
                        (double) labels.size(),
                        "worse",
                        (double) paired.worse(),
                        "better",
                        (double) paired.better(),
                        "p",
                        chance),
                String.format(
                        Locale.ROOT,
                        "worse than the champion on %d held-out examples and better on %d, of %d (p = %.2g)",
                        paired.worse(),
                        paired.better(),
                        labels.size(),
                        chance));
    }

    private Finding recall() {
        Map<String, List<Integer>> byLabel = new TreeMap<>();
        for (int i = 0; i < labels.size(); i++) {
            byLabel.computeIfAbsent(labels.get(i), label -> new ArrayList<>()).add(i);
        }
        List<String> lost = new ArrayList<>();
        byLabel.forEach((label, examples) -> {
            Paired paired = Paired.of(
                    examples.stream().map(candidate::get).toList(),
                    examples.stream().map(champion::get).toList());
            long before =
                    examples.stream().filter(i -> champion.get(i).correct()).count();
            long after =
                    examples.stream().filter(i -> candidate.get(i).correct()).count();
            if (after < rules.recallShare() * before && paired.chance() <= LABEL_SIGNIFICANCE) {
                lost.add(label + " (" + after + " instead of " + before + " of " + examples.size() + ")");
            }
        });
        return new Finding(
                "recall",
                lost.isEmpty(),
                Map.of("labels", (double) byLabel.size(), "lost", (double) lost.size()),
                lost.isEmpty()
                        ? "no label is answered much less often than by the champion"
                        : "labels are lost: " + String.join(", ", lost));
    }

    private Finding calibration() {
        double error = calibrationError(candidate);
        double before = calibrationError(champion);
        return new Finding(
                "calibration",
                error <= before + rules.calibrationSlack(),
                Map.of("candidate", error, "champion", before),
                String.format(Locale.ROOT, "the calibration error is %.3f, the champion's %.3f", error, before));
    }

    private static double calibrationError(List<WindowAnswer> answers) {
        Calibration calibration = Calibration.none();
        for (WindowAnswer answer : answers) {
            calibration = calibration.plus(answer.confidence(), answer.correct());
        }
        return calibration.error();
    }

    private static double share(List<WindowAnswer> answers) {
        return (double) answers.stream().filter(WindowAnswer::correct).count() / answers.size();
    }
}
