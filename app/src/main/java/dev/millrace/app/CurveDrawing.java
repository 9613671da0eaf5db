package dev.millrace.app;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Curves as a drawing inside a page, whose style sheet has the colours, so that they follow the reader's.
 *
 * @param curves to draw
 * @param width in units of the drawing; a letter is 13 of them high
 * @param height in the same
 */
record CurveDrawing(Curves curves, int width, int height) {

    private static final int LEFT = 44;
    private static final int RIGHT = 10;
    private static final int BELOW = 40;
    private static final int LINE = 17;
    private static final int TICK = 7;
    private static final double LETTER = 6.8;

    /** Text beside a mark, and in which row it has room. */
    private record Label(double at, String text, int row) {}

    /**
     * Draws them.
     *
     * @param markup that gets the drawing
     * @param name of what is drawn, for those who cannot see it
     * @param style a class of the style sheet
     */
    void writeTo(Markup markup, String name, String style) {
        List<Label> labels = labels();
        int top = 8
                + LINE
                        * labels.stream()
                                .mapToInt(label -> label.row() + 1)
                                .max()
                                .orElse(0);
        markup.element(
                "svg",
                () -> {
                    markup.text("title", name);
                    grid(markup, top);
                    marks(markup, labels);
                    versions(markup);
                    lines(markup, top);
                },
                "viewBox",
                "0 0 " + width + " " + height,
                "class",
                style,
                "role",
                "img",
                "aria-label",
                name);
    }

    private void grid(Markup markup, int top) {
        int step = step(highest() - lowest(), Math.max(2, (height - top - BELOW) / 45));
        for (int percent = lowest(); percent <= highest(); percent += step) {
            double y = y(percent, top);
            markup.empty("line", "class", "grid", "x1", LEFT, "x2", width - RIGHT, "y1", at(y), "y2", at(y));
            markup.text("text", percent + "%", "x", LEFT - 6, "y", at(y + 4), "text-anchor", "end");
        }
        int every = step(last(), Math.max(2, (width - LEFT) / 110));
        for (int examples = 0; examples <= last(); examples += every) {
            String anchor = x(examples) > width - 30 ? "end" : "middle";
            String text = String.format(Locale.ROOT, "%,d", examples);
            markup.text("text", text, "x", at(x(examples)), "y", height - BELOW + 18, "text-anchor", anchor);
        }
        markup.text(
                "text",
                "examples so far",
                "x",
                at((LEFT + width - RIGHT) / 2.0),
                "y",
                height - 5,
                "text-anchor",
                "middle");
    }

    /** The least of 1, 2, 5, 10, 20, 50 and so on that fits into a range no more than so many times. */
    private static int step(double range, int most) {
        int power = 1;
        while (range / (5 * power) > most) {
            power *= 10;
        }
        return range / power <= most ? power : range / (2 * power) <= most ? 2 * power : 5 * power;
    }

    private void marks(Markup markup, List<Label> labels) {
        for (Label label : labels) {
            double x = x(label.at());
            int y = 4 + LINE * label.row();
            markup.empty("line", "class", "mark", "x1", at(x), "x2", at(x), "y1", y, "y2", height - BELOW);
            boolean left = isLeft(label.at(), label.text());
            markup.text(
                    "text",
                    label.text(),
                    "x",
                    at(left ? x - 5 : x + 5),
                    "y",
                    y + 11,
                    "text-anchor",
                    left ? "end" : "start");
        }
    }

    /** Puts each text into the first row where it does not meet another. */
    private List<Label> labels() {
        List<Label> placed = new ArrayList<>();
        List<Double> ends = new ArrayList<>();
        curves.marks().forEach((at, text) -> {
            double length = text.length() * LETTER + 5;
            double from = isLeft(at, text) ? x(at) - length : x(at);
            int row = 0;
            while (row < ends.size() && ends.get(row) > from) {
                row++;
            }
            if (row == ends.size()) {
                ends.add(0.0);
            }
            ends.set(row, from + length);
            placed.add(new Label(at, text, row));
        });
        return placed;
    }

    private boolean isLeft(double at, String text) {
        return x(at) + text.length() * LETTER > width - RIGHT;
    }

    private void versions(Markup markup) {
        int bottom = height - BELOW;
        for (int i = 0; i < curves.versions().size(); i++) {
            long examples = Math.round(curves.versions().get(i));
            String title = String.format(Locale.ROOT, "version %d, after %,d examples", i + 1, examples);
            String x = at(x(curves.versions().get(i)));
            markup.element(
                    "line",
                    () -> markup.text("title", title),
                    "class",
                    "version",
                    "x1",
                    x,
                    "x2",
                    x,
                    "y1",
                    bottom - TICK,
                    "y2",
                    bottom);
        }
    }

    private void lines(Markup markup, int top) {
        List<String> names = List.copyOf(curves.accuracy().keySet());
        // The model's comes last, so that it lies above the others.
        for (int i = names.size() - 1; i >= 0; i--) {
            String name = names.get(i);
            List<Double> means = curves.accuracy().getOrDefault(name, List.of());
            List<Double> spread = curves.spread().getOrDefault(name, List.of());
            if (i == 0 && spread.size() == means.size()) {
                List<String> band = new ArrayList<>(points(means, spread, -1, top));
                List<String> upper = new ArrayList<>(points(means, spread, 1, top));
                Collections.reverse(upper);
                band.addAll(upper);
                markup.empty("polygon", "class", "band", "points", String.join(" ", band));
            }
            String line = String.join(" ", points(means, means, 0, top));
            markup.element("polyline", () -> markup.text("title", name), "class", "line line" + i, "points", line);
        }
    }

    private List<String> points(List<Double> means, List<Double> spread, int sign, int top) {
        return IntStream.range(0, means.size())
                .mapToObj(i -> at(x(curves.examples().get(i))) + ","
                        + at(y(Math.min(highest(), Math.max(lowest(), means.get(i) + sign * spread.get(i))), top)))
                .toList();
    }

    private double x(double examples) {
        return LEFT + (width - LEFT - RIGHT) * examples / last();
    }

    private double y(double percent, int top) {
        return height - BELOW - (height - BELOW - top) * (percent - lowest()) / (highest() - lowest());
    }

    private double last() {
        return curves.examples().get(curves.examples().size() - 1);
    }

    private int lowest() {
        return (int) (5 * Math.floor(values().stream().min(Double::compare).orElse(0.0) / 5));
    }

    private int highest() {
        double highest = values().stream().max(Double::compare).orElse(100.0);
        return Math.max(lowest() + 10, (int) (5 * Math.ceil(highest / 5)));
    }

    private List<Double> values() {
        return curves.accuracy().values().stream().flatMap(List::stream).toList();
    }

    private static String at(double place) {
        return String.format(Locale.ROOT, "%.1f", place);
    }
}
