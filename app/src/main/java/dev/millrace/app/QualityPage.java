package dev.millrace.app;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * The figures of {@code bench quality} and their curves as one HTML page. Nothing is loaded from elsewhere, and nothing in
 * it runs.
 *
 * @param stream where the examples came from
 * @param manner in which they came, and how often
 * @param table of the figures
 * @param curves along the stream
 */
record QualityPage(String stream, String manner, QualityTable table, Curves curves) {

    private static final String STYLE = "quality-page.css";
    private static final String SPREAD = " ± ";
    private static final int ROWS = 10;

    /**
     * Writes it.
     *
     * @param file an HTML file; one that is there is replaced
     * @throws CommandException when it cannot be written
     */
    void write(Path file) {
        try {
            Files.writeString(file, html());
        } catch (IOException e) {
            throw new CommandException("cannot write the page " + file + ": " + e.getMessage(), e);
        }
    }

    private String html() {
        Markup page = new Markup();
        page.element(
                "html",
                () -> {
                    page.element("head", () -> head(page));
                    page.element("body", () -> page.element("main", () -> body(page)));
                },
                "lang",
                "en");
        return page.toString() + "\n";
    }

    private void head(Markup page) {
        page.empty("meta", "charset", "utf-8");
        page.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
        page.empty("meta", "name", "color-scheme", "content", "light dark");
        page.text("title", "Quality on " + stream);
        page.text("style", style());
    }

    private void body(Markup page) {
        page.element("header", () -> {
            page.text("h1", "One pass of " + stream);
            page.text("p", manner);
        });
        page.element("dl", () -> {
            headline(page, "prequential accuracy", table.share("prequential"));
            headline(page, "accuracy on the test file", table.share("test"));
            headline(page, "worst quarter against the best frozen baseline", table.points("worstQuarterGap"));
        });
        picture(page);
        page.text("h2", "Accuracy of each learner");
        table(page, "learners", table.learners().rows());
        page.text(
                "p",
                "Prequential: each example is answered before it is learned, by what is served at that moment; a quarter"
                        + " is a quarter of the stream." + spreadInWords(),
                "class",
                "note");
        page.text("h2", "Lead over the frozen baselines, in points");
        table(page, "leads", table.leads().rows());
        table.remarks().forEach(remark -> page.text("p", remark, "class", "note"));
    }

    private static void headline(Markup page, String what, String figure) {
        page.element("div", () -> {
            page.text("dt", what);
            page.text("dd", figure);
        });
    }

    private void picture(Markup page) {
        String name = "Prequential accuracy over the last " + curves.window() + " examples, along the stream";
        page.element("figure", () -> {
            page.text("figcaption", name);
            legend(page);
            new CurveDrawing(curves, 960, 440).writeTo(page, name, "wide");
            new CurveDrawing(curves, 400, 360).writeTo(page, name, "narrow");
            page.element("details", () -> {
                page.text("summary", "The same in figures");
                table(page, "points", points());
            });
        });
    }

    private void legend(Markup page) {
        page.element(
                "ul",
                () -> {
                    int line = 0;
                    for (String learner : curves.accuracy().keySet()) {
                        entry(page, "line line" + line++, learner);
                    }
                    if (!curves.spread().isEmpty()) {
                        entry(page, "swatch", "± standard deviation");
                    }
                    if (!curves.versions().isEmpty()) {
                        entry(page, "version", "a version is made");
                    }
                },
                "class",
                "legend");
    }

    private static void entry(Markup page, String style, String text) {
        page.element("li", () -> {
            page.element(
                    "svg",
                    () -> {
                        switch (style) {
                            case "swatch" -> page.empty("rect", "class", "band", "width", 28, "height", 10, "y", 1);
                            case "version" -> page.empty("line", "class", style, "x1", 14, "x2", 14, "y1", 2, "y2", 10);
                            default -> page.empty("line", "class", style, "x1", 0, "x2", 28, "y1", 6, "y2", 6);
                        }
                    },
                    "viewBox",
                    "0 0 28 12",
                    "aria-hidden",
                    "true");
            page.text("span", text);
        });
    }

    /** Some points of the curves, for those who would rather read them. */
    private List<List<String>> points() {
        List<List<String>> rows = new ArrayList<>();
        List<String> header = new ArrayList<>(List.of("examples"));
        header.addAll(curves.accuracy().keySet());
        rows.add(header);
        int last = curves.examples().size() - 1;
        for (int row = 0; row <= ROWS; row++) {
            int point = last * row / ROWS;
            List<String> cells = new ArrayList<>();
            cells.add(String.format(
                    Locale.ROOT, "%,d", Math.round(curves.examples().get(point))));
            for (Map.Entry<String, List<Double>> learner : curves.accuracy().entrySet()) {
                cells.add(
                        String.format(Locale.ROOT, "%.1f%%", learner.getValue().get(point)));
            }
            rows.add(cells);
        }
        return rows;
    }

    private static void table(Markup page, String style, List<List<String>> rows) {
        page.element(
                "div",
                () -> page.element("table", () -> {
                    page.element(
                            "thead",
                            () -> page.element(
                                    "tr",
                                    () -> rows.get(0).forEach(cell -> page.text(cell.isEmpty() ? "td" : "th", cell))));
                    page.element("tbody", () -> rows.subList(1, rows.size()).forEach(row -> row(page, row)));
                }),
                "class",
                "table " + style,
                "tabindex",
                "0");
    }

    private static void row(Markup page, List<String> cells) {
        page.element("tr", () -> {
            page.text("th", cells.get(0), "scope", "row");
            cells.subList(1, cells.size()).forEach(cell -> page.element("td", () -> figure(page, cell)));
        });
    }

    /** A figure, and its spread on a line of its own: a row of both would be too wide. */
    private static void figure(Markup page, String cell) {
        int spread = cell.indexOf(SPREAD);
        page.text(spread < 0 ? cell : cell.substring(0, spread));
        if (spread >= 0) {
            page.text("small", cell.substring(spread));
        }
    }

    private String spreadInWords() {
        return table.spread().isEmpty() ? "" : " ± is the standard deviation over the runs.";
    }

    private static String style() {
        try (InputStream css = Objects.requireNonNull(QualityPage.class.getResourceAsStream(STYLE), STYLE)) {
            return new String(css.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("the class path cannot be read", e);
        }
    }
}
