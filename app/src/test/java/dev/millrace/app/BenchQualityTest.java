package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** {@code bench quality} through the whole way, with a base that is small enough for a test. */
@Tag("slow")
class BenchQualityTest {

    private static final List<String> BASELINES =
            List.of("5-nearest-neighbours", "streaming-lda", "logistic-regression");

    @TempDir
    private Path folder = Path.of("");

    private final StringBuilder printed = new StringBuilder();

    /** Six labels, each with words of its own. */
    private void writeFiles() throws IOException {
        List<String> words = List.of("card", "parcel", "train", "router", "salary", "garden");
        List<String> rows = new ArrayList<>(List.of("message,queue"));
        for (int i = 0; i < 96; i++) {
            rows.add("please look at my " + words.get(i % 6) + " once more " + i + ",q" + i % 6);
        }
        rows.add(rows.get(7));
        rows.add("a text without a label,");
        Files.write(folder.resolve("train.csv"), rows);
        Files.write(
                folder.resolve("test.csv"),
                Stream.concat(
                                Stream.of("message,queue"),
                                words.stream().map(word -> "what about the " + word + ",q" + words.indexOf(word)))
                        .toList());
    }

    private JsonNode report(String... more) throws IOException {
        writeFiles();
        Shell shell = new Shell(folder);
        List<String> arguments = new ArrayList<>(List.of(
                "bench", "quality", "--train", "train.csv", "--test", "test.csv", "--text", "message", "--label"));
        arguments.addAll(List.of("queue", "--report", "report.json"));
        for (String setting : List.of(
                "trainer.base=tiny",
                "trainer.batch-size=8",
                "trainer.threads=1",
                "trainer.max-tokens=32",
                "trainer.idle-flush=500ms",
                "http.port=0")) {
            arguments.addAll(List.of("--set", setting));
        }
        arguments.addAll(List.of(more));
        int exit = shell.run(arguments.toArray(String[]::new));
        assertThat(exit).as("%s%n%s", shell.out(), shell.err()).isZero();
        printed.append(shell.out());
        return new ObjectMapper().readTree(Files.readString(folder.resolve("report.json")));
    }

    @Test
    void streamsJudgesDrawsAndReports() throws IOException {
        JsonNode report = report("--shuffle", "1", "--offline", "1,2", "--chart", "curves.png");

        assertThat(report.path("examples").asInt()).isEqualTo(96);
        assertThat(report.path("duplicates").asInt()).isEqualTo(1);
        assertThat(report.at("/rejected").properties()).hasSize(1);
        assertThat(report.at("/stream/order").asText()).isEqualTo("random");
        assertThat(report.at("/seeds/0").asInt()).isEqualTo(1);
        double best = Double.NEGATIVE_INFINITY;
        List<JsonNode> learners = new ArrayList<>(List.of(report));
        for (String name : BASELINES) {
            learners.add(report.at("/baselines/" + name));
        }
        for (JsonNode learner : learners) {
            assertThat(mean(learner.path("quarters")))
                    .isEqualTo(learner.path("prequential").asDouble(-1), within(1e-9));
            assertThat(learner.at("/quarters/3").asDouble(-1))
                    .isEqualTo(learner.path("prequentialLastQuarter").asDouble(-2));
            assertThat(learner.path("test").asDouble(-1)).isBetween(0.0, 1.0);
        }
        for (int quarter = 0; quarter < 4; quarter++) {
            for (JsonNode baseline : learners.subList(1, learners.size())) {
                best = Math.max(
                        best,
                        baseline.path("quarters").get(quarter).asDouble()
                                - report.path("quarters").get(quarter).asDouble());
            }
        }
        assertThat(report.path("worstQuarterGap").asDouble()).isEqualTo(-100 * best, within(1e-9));
        double leastOfAny = Double.POSITIVE_INFINITY;
        for (JsonNode baseline : learners.subList(1, learners.size())) {
            leastOfAny = Math.min(leastOfAny, baseline.path("worstQuarterGap").asDouble(Double.NaN));
        }
        assertThat(leastOfAny).isEqualTo(report.path("worstQuarterGap").asDouble(), within(1e-9));
        assertThat(report.at("/offline/2/test").asDouble(-1)).isBetween(0.0, 1.0);
        assertThat(report.at("/offline/1/seconds").asDouble(-1)).isPositive();
        assertThat(report.at("/curve/accuracy").properties()).hasSize(4);
        assertThat(folder.resolve("curves.png")).isNotEmptyFile();
        assertThat(printed)
                .contains("1st quarter", "fine-tuned as a stream", "frozen, logistic-regression", "offline, 2 epochs")
                .contains("worst quarter against the best frozen baseline in it: ");
    }

    private static double mean(JsonNode numbers) {
        double sum = 0;
        for (JsonNode number : numbers) {
            sum += number.asDouble();
        }
        return sum / numbers.size();
    }

    @Test
    void severalSeedsGiveMeanAndSpread() throws IOException {
        JsonNode report = report("--seeds", "2", "--limit", "48", "--noise", "0.25", "--page", "page.html");

        JsonNode runs = report.path("runs");
        assertThat(runs).hasSize(2);
        assertThat(runs.get(0).path("quarters")).isNotEqualTo(runs.get(1).path("quarters"));
        double one = runs.get(0).path("prequential").asDouble();
        double other = runs.get(1).path("prequential").asDouble();
        assertThat(report.path("prequential").asDouble()).isEqualTo((one + other) / 2, within(1e-9));
        assertThat(report.at("/standardDeviation/prequential").asDouble(-1))
                .isEqualTo(Math.abs(one - other) / Math.sqrt(2), within(1e-9));
        assertThat(report.path("prequentialClean").asDouble(-1)).isBetween(0.0, 1.0);
        assertThat(report.at("/baselines/streaming-lda/prequentialClean").asDouble(-1))
                .isBetween(0.0, 1.0);
        assertThat(report.at("/seeds/1").asInt()).isEqualTo(2);
        long recipeSeed = runs.get(0).at("/recipe/seed").asLong(-1);
        assertThat(recipeSeed).isNotNegative();
        assertThat(runs.get(1).at("/recipe/seed").asLong()).isEqualTo(recipeSeed + 1);
        assertThat(printed).contains(" ± ", "right labels");

        Document page = page();
        assertThat(texts(page, "dd").get(0)).isEqualTo(share(report, "/prequential"));
        assertThat(texts(page, "td")).contains(share(report, "/baselines/streaming-lda/test"));
        assertThat(texts(page, "span")).contains("± standard deviation");
        assertThat(withClass(page, "polygon", "band")).hasSize(2);
    }

    /** The page of a run, which is XML as well. */
    private Document page() throws IOException {
        try {
            DocumentBuilder parser = DocumentBuilderFactory.newDefaultInstance().newDocumentBuilder();
            return parser.parse(folder.resolve("page.html").toFile());
        } catch (ParserConfigurationException | SAXException e) {
            throw new AssertionError(e);
        }
    }

    private static List<String> texts(Document page, String element) {
        return elements(page, element).map(Element::getTextContent).toList();
    }

    private static List<Element> withClass(Document page, String element, String style) {
        return elements(page, element)
                .filter(each -> List.of(each.getAttribute("class").split(" ")).contains(style))
                .toList();
    }

    private static Stream<Element> elements(Document page, String element) {
        NodeList found = page.getElementsByTagName(element);
        return IntStream.range(0, found.getLength()).mapToObj(i -> (Element) found.item(i));
    }

    private static String share(JsonNode report, String figure) {
        return String.format(
                Locale.ROOT,
                "%.4f ± %.4f",
                report.at(figure).asDouble(),
                report.at("/standardDeviation" + figure).asDouble());
    }

    @Test
    void tasksComeOneAfterTheOther() throws IOException {
        JsonNode report = report("--tasks", "3");

        assertThat(report.at("/tasks/ends/2").asInt()).isEqualTo(96);
        assertThat(report.at("/tasks/labels")).hasSize(3);
        for (String learner : List.of("", "/baselines/5-nearest-neighbours")) {
            JsonNode incremental = report.at(learner + "/incremental");
            assertThat(incremental.path("seenAccuracy")).hasSize(3);
            assertThat(incremental.path("taskAccuracy").get(2)).hasSize(3);
            assertThat(incremental.path("averageAccuracy").asDouble(-1))
                    .isEqualTo(mean(incremental.path("taskAccuracy").get(2)), within(1e-9));
            assertThat(incremental.path("forgetting").asDouble(-2)).isBetween(-1.0, 1.0);
            // The last task has seen all labels.
            assertThat(incremental.at("/seenAccuracy/2").asDouble())
                    .isEqualTo(report.at(learner + "/test").asDouble(-1));
        }
        assertThat(printed).contains("average of tasks", "forgetting");
    }

    @Test
    void aDriftRelabelsTheTestSetToo() throws IOException {
        JsonNode report = report("--shuffle", "1", "--drift", "swap-labels@0.5", "--page", "page.html");

        assertThat(report.at("/drift/at").asInt()).isBetween(47, 49);
        assertThat(report.at("/drift/partners").properties()).hasSize(6);
        assertThat(report.has("recoveryExamples")).isTrue();
        assertThat(report.at("/baselines/streaming-lda").has("recoveryExamples"))
                .isTrue();
        assertThat(printed).contains("examples to recover");
        pageShowsAllOf(report);
    }

    private void pageShowsAllOf(JsonNode report) throws IOException {
        Document page = page();
        assertThat(Files.readString(folder.resolve("page.html")))
                .startsWith("<!DOCTYPE html>")
                .doesNotContain("http:", "https:", "url(", "@import", "<script", "<link", "<img");
        assertThat(texts(page, "h1")).containsExactly("One pass of train.csv");
        assertThat(texts(page, "th")).contains("2nd quarter", "fine-tuned as a stream", "examples to recover");
        assertThat(texts(page, "td"))
                .contains(String.format(Locale.ROOT, "%.4f", report.path("test").asDouble()))
                .contains(String.format(
                        Locale.ROOT,
                        "%+.1f",
                        100
                                * (report.at("/quarters/1").asDouble()
                                        - report.at("/baselines/streaming-lda/quarters/1")
                                                .asDouble())));
        for (String drawing : List.of("wide", "narrow")) {
            Element svg = withClass(page, "svg", drawing).get(0);
            assertThat(svg.getAttribute("aria-label")).startsWith("Prequential accuracy over the last");
            assertThat(svg.getElementsByTagName("polyline").getLength()).isEqualTo(4);
            assertThat(svg.getTextContent()).contains("labels swapped", "version 1, after 96 examples");
            for (int i = 0; i < 4; i++) {
                String points = ((Element) svg.getElementsByTagName("polyline").item(i)).getAttribute("points");
                assertThat(points.split(" "))
                        .hasSize(report.at("/curve/examples").size());
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    --offline 0                     | --offline must be >= 1
                    --chart curves.gif              | must end in .png
                    --page quality.htm              | must end in .html
                    --report nowhere/report.json    | there is no folder
                    --tasks 60                      | --tasks 60: there are 6 labels
                    --test gone.csv                 | there is no file
                    --set models=a,b                | one run trains one model
                    """)
    void saysWhatIsWrongBeforeAnythingStarts(String options, String line) throws IOException {
        writeFiles();
        Shell shell = new Shell(folder);
        List<String> arguments = new ArrayList<>(List.of("bench", "quality", "--train", "train.csv"));
        arguments.addAll(List.of("--text", "message", "--label", "queue"));
        if (!options.startsWith("--test")) {
            arguments.addAll(List.of("--test", "test.csv"));
        }
        arguments.addAll(List.of(options.split(" ")));

        assertThat(shell.run(arguments.toArray(String[]::new))).isEqualTo(2);
        assertThat(shell.err()).contains(line);
    }
}
