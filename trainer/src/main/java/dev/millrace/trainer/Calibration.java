package dev.millrace.trainer;

import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How far confidences lie from how often they were right: the expected calibration error over ten bins (Naeini et al.
 * 2015), over the latest thousand answers or so, for older ones fade. Immutable.
 *
 * @param bins of confidences from 0 to 1, ascending
 */
record Calibration(List<Bin> bins) {

    private static final int BINS = 10;
    private static final double FADING = 0.999;

    /** Sums over the answers of a bin, faded. */
    record Bin(double answers, double confidence, double correct) {

        private Bin faded() {
            return new Bin(FADING * answers, FADING * confidence, FADING * correct);
        }

        private Bin plus(double answerConfidence, boolean isCorrect) {
            return new Bin(answers + 1, confidence + answerConfidence, correct + (isCorrect ? 1 : 0));
        }
    }

    Calibration {
        bins = List.copyOf(bins);
    }

    static Calibration none() {
        return new Calibration(Collections.nCopies(BINS, new Bin(0, 0, 0)));
    }

    Calibration plus(double confidence, boolean isCorrect) {
        int own = Math.min(BINS - 1, (int) (confidence * BINS));
        return new Calibration(IntStream.range(0, BINS)
                .mapToObj(i -> {
                    Bin faded = bins.get(i).faded();
                    return i == own ? faded.plus(confidence, isCorrect) : faded;
                })
                .toList());
    }

    /** {@return from 0 to 1; 0 before the first answer} */
    double error() {
        double gap = bins.stream()
                .mapToDouble(bin -> Math.abs(bin.confidence - bin.correct))
                .sum();
        double all = bins.stream().mapToDouble(Bin::answers).sum();
        return all == 0 ? 0 : gap / all;
    }
}
