package dev.millrace.app.console;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A learning curve of a few dozen pixels, as the points of SVG polylines; accuracies from 0 at the bottom to 1 at the top.
 *
 * @param live of the model, over the latest examples; empty when there are fewer than two places
 * @param baseline of the best frozen learner; empty where there is none
 */
record Sparkline(String live, String baseline) {

    /** Of the drawing, in its own units. */
    static final int WIDTH = 120;

    /** Of the drawing, in its own units. */
    static final int HEIGHT = 28;

    private static final int MOST_PLACES = 60;

    static Sparkline of(List<CurvePoint> points) {
        if (points.size() < 2) {
            return new Sparkline("", "");
        }
        int step = Math.max(1, points.size() / MOST_PLACES);
        List<CurvePoint> places = IntStream.range(0, points.size())
                .filter(i -> i % step == 0 || i == points.size() - 1)
                .mapToObj(points::get)
                .toList();
        long from = places.get(0).examples();
        long span = Math.max(1, places.get(places.size() - 1).examples() - from);
        String live = places.stream()
                .map(place -> at(place.examples() - from, span, place.windowAccuracy()))
                .collect(Collectors.joining(" "));
        String baseline = places.stream()
                .filter(place -> place.baselineWindowAccuracy() != null)
                .map(place -> at(place.examples() - from, span, place.baselineWindowAccuracy()))
                .collect(Collectors.joining(" "));
        return new Sparkline(live, baseline);
    }

    private static String at(long examples, long span, Double accuracy) {
        return String.format(
                Locale.ROOT, "%.1f,%.1f", (double) WIDTH * examples / span, 1 + (HEIGHT - 2) * (1 - accuracy));
    }
}
