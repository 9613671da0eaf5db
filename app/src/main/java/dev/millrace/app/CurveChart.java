package dev.millrace.app;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
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
 * @param curves that it shows, but for spread and versions
 */
record CurveChart(String title, Curves curves) {

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
                .yAxisTitle("prequential accuracy over the last " + curves.window() + " examples, in %")
                .build();
        style(chart);
        double lowest = 100;
        for (Map.Entry<String, List<Double>> learner : curves.accuracy().entrySet()) {
            boolean first = chart.getSeriesMap().isEmpty();
            lowest = Math.min(lowest, Collections.min(learner.getValue()));
            XYSeries line = chart.addSeries(learner.getKey(), curves.examples(), learner.getValue());
            line.setMarker(SeriesMarkers.NONE);
            line.setLineStyle(first ? THICK : THIN);
            line.setLineColor(COLOURS.get((chart.getSeriesMap().size() - 1) % COLOURS.size()));
        }
        double bottom = lowest;
        double range = curves.examples().get(curves.examples().size() - 1);
        curves.marks().forEach((at, what) -> {
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
}
