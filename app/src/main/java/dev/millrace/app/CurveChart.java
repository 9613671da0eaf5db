package dev.millrace.app;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.knowm.xchart.AnnotationLine;
import org.knowm.xchart.AnnotationText;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * A picture of the prequential accuracy along a stream, a line for each learner.
 *
 * @param title says which stream
 * @param curve as {@link StreamTruth#curve} gives it
 * @param marks what begins at a number of examples: other names of labels, or a task
 */
record CurveChart(String title, Map<?, ?> curve, Map<Double, String> marks) {

    private static final int WIDTH = 1200;
    private static final int HEIGHT = 700;
    private static final double GAP = 0.006;
    private static final double HALF_A_LETTER = 0.0036;

    /** Told apart by people who do not see red or green too (Okabe and Ito 2008); the model's is the first. */
    private static final List<Color> COLOURS = List.of(
            new Color(0x0072B2), new Color(0xD55E00), new Color(0x009E73), new Color(0xCC79A7), new Color(0xE69F00));

    private static final BasicStroke THICK = new BasicStroke(3.2f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
    private static final BasicStroke THIN = new BasicStroke(1.8f, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
    private static final Color INK = new Color(0x333333);
    private static final Color PALE = new Color(0xE6E6E6);

    /**
     * The chart of a report.
     *
     * @param title says which stream
     * @param figures of {@link QualityRun}, or their mean
     * @return the chart
     */
    static CurveChart of(String title, Map<String, Object> figures) {
        Map<Double, String> marks = new TreeMap<>();
        if (figures.get("drift") instanceof Map<?, ?> drift) {
            marks.put(number(drift.get("at")), "labels swapped");
        }
        if (figures.get("tasks") instanceof Map<?, ?> tasks) {
            List<Double> ends = numbers(tasks.get("ends"), 1);
            for (int task = 1; task < ends.size(); task++) {
                marks.put(ends.get(task - 1), "task " + (task + 1));
            }
        }
        return new CurveChart(title, figures.get("curve") instanceof Map<?, ?> curve ? curve : Map.of(), marks);
    }

    /**
     * Fails early, so that a long run is not lost for a wrong path.
     *
     * @param file that will be written
     * @throws CommandException when its name does not end in .png, or its folder is not there
     */
    static void requireWritable(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        if (!file.toString().endsWith(".png")) {
            throw new CommandException("--chart " + file + ": the name must end in .png");
        }
        if (folder == null || !Files.isDirectory(folder)) {
            throw new CommandException("--chart " + file + ": there is no folder " + folder);
        }
    }

    /**
     * Draws it.
     *
     * @param file a PNG of 1200 by 700 pixels; one that is there is replaced
     * @throws CommandException when it cannot be written
     */
    void write(Path file) {
        try {
            BitmapEncoder.saveBitmap(chart(), file.toString(), BitmapEncoder.BitmapFormat.PNG);
        } catch (IOException e) {
            throw new CommandException("cannot write the chart " + file + ": " + e.getMessage(), e);
        }
    }

    private XYChart chart() {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle("examples of the stream so far")
                .yAxisTitle("prequential accuracy over the last " + Math.round(number(curve.get("window")))
                        + " examples, in %")
                .build();
        style(chart);
        List<Double> examples = numbers(curve.get("examples"), 1);
        double lowest = 100;
        if (curve.get("accuracy") instanceof Map<?, ?> learners) {
            for (Map.Entry<?, ?> learner : learners.entrySet()) {
                boolean first = chart.getSeriesMap().isEmpty();
                List<Double> accuracies = numbers(learner.getValue(), 100);
                lowest = Math.min(lowest, Collections.min(accuracies));
                XYSeries line = chart.addSeries(String.valueOf(learner.getKey()), examples, accuracies);
                line.setMarker(SeriesMarkers.NONE);
                line.setLineStyle(first ? THICK : THIN);
                line.setLineColor(COLOURS.get((chart.getSeriesMap().size() - 1) % COLOURS.size()));
            }
        }
        double bottom = lowest;
        double range = examples.get(examples.size() - 1);
        marks.forEach((at, what) -> {
            chart.addAnnotation(new AnnotationLine(at, true, false));
            chart.addAnnotation(new AnnotationText(what, at + range * beside(what), bottom, false));
        });
        return chart;
    }

    /** How far right of its line a text has its middle, as a share of the width. */
    private static double beside(String text) {
        return GAP + text.length() * HALF_A_LETTER;
    }

    private static void style(XYChart chart) {
        var style = chart.getStyler();
        style.setChartBackgroundColor(Color.WHITE);
        style.setPlotBackgroundColor(Color.WHITE);
        style.setPlotBorderVisible(false);
        style.setPlotGridLinesColor(PALE);
        style.setPlotGridVerticalLinesVisible(false);
        style.setChartFontColor(INK);
        style.setAxisTickLabelsColor(INK);
        style.setChartTitleFont(font(Font.BOLD, 18));
        style.setAxisTitleFont(font(Font.PLAIN, 15));
        style.setAxisTickLabelsFont(font(Font.PLAIN, 14));
        style.setLegendFont(font(Font.PLAIN, 15));
        style.setLegendPosition(Styler.LegendPosition.OutsideS);
        style.setLegendLayout(Styler.LegendLayout.Horizontal);
        style.setLegendBorderColor(Color.WHITE);
        style.setYAxisDecimalPattern("0");
        style.setXAxisDecimalPattern("#,##0");
        style.setXAxisMin(0.0);
        style.setChartPadding(16);
        style.setAnnotationLineColor(new Color(0x999999));
        style.setAnnotationTextFont(font(Font.ITALIC, 14));
        style.setAnnotationTextFontColor(INK);
    }

    private static Font font(int how, int points) {
        return new Font(Font.SANS_SERIF, how, points);
    }

    private static List<Double> numbers(@Nullable Object list, double scale) {
        List<Double> numbers = new ArrayList<>();
        if (list instanceof List<?> values) {
            values.forEach(value -> numbers.add(scale * number(value)));
        }
        return numbers;
    }

    private static double number(@Nullable Object value) {
        return value instanceof Number number ? number.doubleValue() : Double.NaN;
    }
}
