package dev.millrace.app;

import static dev.millrace.app.ConsoleScene.MODEL;
import static dev.millrace.app.ConsoleScene.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.DeadLetter;
import dev.millrace.ingest.ExampleJson;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.registry.PredictionJson;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;

/** The console as a person uses it, in a real browser; what comes of each action is looked at elsewhere. */
class ConsoleTest {

    private static final Pattern OLDER = Pattern.compile("href=\"([^\"]*before=[^\"]*)\"");

    @TempDir
    private static Path folder = Path.of("");

    private static ConsoleScene scene;
    private static Browser browser;

    @BeforeAll
    static void open() {
        scene = ConsoleScene.start(folder);
        browser = Browser.open(scene.address(), folder);
    }

    @AfterAll
    static void close() {
        if (browser != null) {
            browser.close();
        }
        scene.close();
    }

    @AfterEach
    void nothingWasComplainedOfAndNobodyElseWasAsked() {
        browser.assertQuiet();
    }

    private static void confirm(String expected) {
        browser.confirm(expected, "Ann", "it is better");
    }

    @Test
    void versionsAreRolledBackUnpinnedPinnedPromotedAndRetired() {
        long newest = scene.champion();
        long earlier = newest - 1;
        browser.go("/models/" + MODEL + "/versions");
        browser.shot("versions");

        browser.click("button[aria-label='Roll back to version " + earlier + "']");
        confirm("go from version " + newest + " to version " + earlier + " and stay there until unpinned");
        assertThat(scene.registry().pin(MODEL, "champion").orElseThrow()).satisfies(pin -> {
            assertThat(pin.version()).isEqualTo(earlier);
            assertThat(pin.by()).isEqualTo("Ann");
            assertThat(pin.reason()).isEqualTo("it is better");
        });
        await("it is served", () -> scene.served() == earlier ? true : null);

        browser.click("button[aria-label='Unpin champion']");
        confirm("go from version " + earlier + " to version " + newest);
        assertThat(scene.registry().pin(MODEL, "champion")).isEmpty();

        browser.click("button[aria-label='Pin at version " + (newest - 2) + "']");
        confirm("go from version " + newest + " to version " + (newest - 2) + " and stay there");
        assertThat(scene.champion()).isEqualTo(newest - 2);

        browser.click("button[aria-label='Promote version " + newest + "']");
        confirm("The pin at version " + (newest - 2) + ", which Ann set (it is better), is taken away");
        assertThat(scene.champion()).isEqualTo(newest);
        assertThat(scene.registry().pin(MODEL, "champion")).isEmpty();

        browser.click("button[aria-label='Retire version 1']");
        confirm("This cannot be undone");
        assertThat(scene.registry().retirement(MODEL, 1).orElseThrow().by()).isEqualTo("Ann");
        browser.read("#versions", "retired by Ann: it is better");
        browser.go("/models/" + MODEL + "/versions/1");
        assertThat(browser.read("#version", "retired by Ann")).contains("training-state");
        browser.go("/models/" + MODEL + "/diff?from=1&to=" + newest);
        browser.read("main", "examples");
    }

    @Test
    void anAnswerToAQuestionThatIsNoLongerTrueChangesNothing() throws Exception {
        long champion = scene.champion();
        browser.go("/models/" + MODEL + "/versions/" + (champion - 1));
        browser.click("button[aria-label^='Promote version']");
        browser.read("#change[open]", "go from version " + champion);
        browser.find("#change[open]").sendKeys(Keys.ESCAPE);
        browser.awaitGone("#change[open]");
        assertThat(scene.champion()).isEqualTo(champion);

        // By the keyboard alone, and meanwhile somebody else moves it.
        browser.find("button[aria-label^='Promote version']").sendKeys(Keys.ENTER);
        browser.read("#change[open]", "go from version " + champion);
        assertThat(scene.post(
                                scene.address(),
                                "/console/models/" + MODEL + "/pin",
                                Map.of(
                                        "version", Long.toString(champion - 2),
                                        "alias", "champion",
                                        "seen", Long.toString(champion),
                                        "by", "Bob",
                                        "reason", "first"),
                                "HX-Request",
                                "true")
                        .statusCode())
                .isEqualTo(204);
        browser.type("#change [name=by]", "Ann");
        browser.type("#change [name=reason]", "late");
        browser.find("#change [name=reason]").sendKeys(Keys.ENTER);
        browser.read("#notice", "it leads to version " + (champion - 2) + " now; ask again");
        assertThat(scene.registry().pin(MODEL, "champion").orElseThrow().by()).isEqualTo("Bob");
        assertThat(scene.post(
                                scene.address(),
                                "/console/models/" + MODEL + "/unpin",
                                Map.of("alias", "champion", "seen", "" + (champion - 2), "by", "Bob", "reason", "done"),
                                "HX-Request",
                                "true")
                        .statusCode())
                .isEqualTo(204);
    }

    @Test
    void aDeadLetterIsPutRightAndSentAgain() {
        long learned = scene.learned();
        browser.go("/dead-letters");
        assertThat(browser.read("main", "not_utf8")).contains("label_missing", "not_json");
        browser.shot("dead-letters");
        browser.go("/dead-letters?reason=not_json");
        assertThat(browser.read("tbody", "this is no JSON")).doesNotContain("label_missing");

        browser.go("/dead-letters/0/" + scene.letter(ConsoleScene.SCRIPT));
        assertThat(browser.find("#value").getText()).isEqualTo(ConsoleScene.SCRIPT);
        assertThat(browser.driver().getTitle()).startsWith("Dead letter");

        long letter = scene.letter("{\"text\": \"no label here\"}");
        browser.go("/dead-letters/0/" + letter);
        browser.type("#json", "{\"text\": \"no label here\", ");
        browser.read("#verdict", "not_json");
        browser.type("#json", ConsoleScene.LABELLED);
        browser.read("#verdict", "It fits the rules of examples");
        browser.click("#fix button.primary");
        browser.read("#resent", "Sent again");
        ConsumerRecord<byte[], byte[]> sent = await(
                "it is in the topic",
                () -> scene.records("examples").stream()
                        .filter(record -> ConsoleScene.text(record).equals(ConsoleScene.LABELLED))
                        .findFirst()
                        .orElse(null));
        Header from = sent.headers().lastHeader(DeadLetter.RESUBMITTED_FROM);
        assertThat(new String(from.value(), StandardCharsets.UTF_8)).isEqualTo("examples-rejected-0-" + letter);
        assertThat(new String(sent.key(), StandardCharsets.UTF_8)).isEqualTo(MODEL);
        scene.awaitLearned(learned);
        browser.go("/dead-letters");
        browser.read("tbody", "sent again");

        browser.go("/dead-letters/0/" + scene.letter("{\"txt\": \"where is it?\"}"));
        browser.type("#json", "{\"id\": \"again\", \"text\": \"where is it?\"}");
        browser.read("#verdict", "It fits the rules of inputs");
        browser.click("#fix button.primary");
        browser.read("#resent", "inputs, partition 0");
        await(
                "it is answered",
                () -> scene.records("predictions").stream()
                        .map(record -> PredictionJson.read(record.value()))
                        .filter(answer -> answer.id().equals("again"))
                        .findFirst()
                        .orElse(null));
    }

    @Test
    void deadLettersAreReadBackwardsEachOnce() throws Exception {
        Pattern link = Pattern.compile("href=\"/dead-letters/0/(\\d+)\"");
        List<Long> read = new ArrayList<>();
        @Nullable String next = "/dead-letters?reason=not_json";
        while (next != null) {
            String page = scene.get(scene.address(), next).body();
            List<Long> part = link.matcher(page)
                    .results()
                    .map(one -> Long.valueOf(one.group(1)))
                    .toList();
            assertThat(part).hasSizeBetween(1, 25);
            read.addAll(part);
            Matcher older = OLDER.matcher(page);
            next = older.find() ? older.group(1).replace("&amp;", "&") : null;
        }
        assertThat(read).isSortedAccordingTo(Comparator.reverseOrder()).doesNotHaveDuplicates();
        assertThat(read).hasSize(ConsoleScene.UNREADABLE + 1);
    }

    @Test
    void aTextIsTriedAndLabelled() {
        long learned = scene.learned();
        browser.go("/try");
        browser.type("[name=text]", "the printer on floor two is jammed");
        browser.click("main form button.primary");
        String answer = browser.read("#answer", "of " + MODEL + " says");
        assertThat(answer).contains("Version " + scene.served()).containsPattern("\\d+\\.\\d%");
        browser.click("#answer form button");
        browser.find("#label-dialog[open]");
        browser.type("#label-dialog [name=label]", "größer printer");
        browser.click("#label-dialog button.primary");
        browser.read("#notice", "tick that it is a new label");
        browser.click("#label-dialog [name=new]");
        browser.click("#label-dialog button.primary");
        browser.read("#notice", "Sent to examples, partition 0, offset");
        LabelledExample example = await(
                "it is in the topic",
                () -> scene.records("examples").stream()
                        .filter(record -> ConsoleScene.text(record).contains("größer printer"))
                        .map(record -> ExampleJson.read(record.value()))
                        .findFirst()
                        .orElse(null));
        assertThat(example.text()).isEqualTo("the printer on floor two is jammed");
        assertThat(example.source()).isEqualTo("console");
        scene.awaitLearned(learned);
        assertThat(scene.registry().latest(MODEL).orElseThrow().labels()).contains("größer printer");
    }

    @Test
    void aModelIsSeenLearningAndWhatItGotWrongIsLabelledAgain() {
        browser.go("/");
        assertThat(browser.read("#models", MODEL)).contains("Nothing is wrong", "Frozen baseline");
        browser.click("#model-" + MODEL);
        browser.read("#link-state", "live");
        browser.find(".chart canvas");
        browser.read(".chart", "fine-tuned, latest 200");
        assertThat(browser.read("#live", "version " + scene.champion())).contains("Last heard of");
        assertThat(browser.read("#labels", "was taken for")).contains("Labels, worst first");
        browser.read("main", "The latest, newest first");
        browser.shot("model");

        long learned = scene.learned();
        String place = browser.find("button[id^=label-]").getAttribute("id");
        browser.click("#" + place);
        String text = browser.find("#label-box [name=text]").getAttribute("value");
        browser.type("#label-box [name=id]", "mistake");
        browser.click("#label-box button.primary");
        browser.read("#notice", "Sent to examples");
        browser.awaitGone("#label-box[open]");
        LabelledExample example = await(
                "it is in the topic",
                () -> scene.records("examples").stream()
                        .filter(record -> ConsoleScene.text(record).contains("\"mistake\""))
                        .map(record -> ExampleJson.read(record.value()))
                        .findFirst()
                        .orElse(null));
        assertThat(example.text()).isEqualTo(text);
        scene.awaitLearned(learned);
        browser.read("#live", "version " + scene.champion());
    }

    @Test
    void whoeverHasNothingYetIsToldHowToSendTheFirstExample() {
        URI fresh = scene.open(EnumSet.of(Role.REGISTRY), Map.of("topic-prefix", "fresh-"))
                .address();
        browser.driver().get(fresh.toString());
        assertThat(browser.read("#first-kcat", "kcat -P")).contains("-t fresh-examples", "card_arrival");
        assertThat(browser.read("#first-python", "confluent_kafka")).contains("fresh-examples");
        assertThat(browser.read("#first-java", "KafkaProducer")).contains("fresh-examples");
        browser.click("[data-copies=first-kcat]");
        browser.find("#notice:not([hidden])");
        assertThat(browser.hosts()).containsOnly(fresh.getAuthority());
        browser.go("/");
    }

    @Test
    void lightAndDarkAreAButtonApartAndStay() {
        browser.go("/");
        Object before = browser.script("return getComputedStyle(document.body).backgroundColor");
        browser.click("#theme-button");
        Object after = browser.script("return getComputedStyle(document.body).backgroundColor");
        assertThat(after).isNotEqualTo(before);
        browser.go("/deployments");
        assertThat(browser.script("return getComputedStyle(document.body).backgroundColor"))
                .isEqualTo(after);
        browser.click("#theme-button");
        assertThat(browser.script("return getComputedStyle(document.body).backgroundColor"))
                .isEqualTo(before);
    }

    @Test
    void deploymentsSayWhoServesWhat() {
        browser.go("/deployments");
        assertThat(browser.read("#deployments", "desk")).contains("serving", "all requests", MODEL);
    }

    @Test
    void everyPageFitsAPhoneAndNamesItsControls() {
        for (String path : List.of(
                "/",
                "/models/" + MODEL,
                "/models/" + MODEL + "/versions",
                "/models/" + MODEL + "/versions/2",
                "/models/" + MODEL + "/diff?from=2&to=latest",
                "/dead-letters",
                "/dead-letters/0/" + scene.letter(ConsoleScene.SCRIPT),
                "/deployments",
                "/try",
                "/label",
                "/nothing")) {
            browser.assertGoodToUse(path);
        }
        browser.go("/models/" + MODEL + "/versions");
        assertThat(browser.script("""
                return [...document.querySelectorAll("main button")].filter((one) => one.tabIndex < 0).length""")).isEqualTo(0L);
        browser.go("/");
        browser.shot("overview");
    }

    @Test
    void aPersonSeesAProblemAsAPageAndAProgramAsJson() throws Exception {
        browser.go("/models/none/versions");
        browser.read("main", "there is no model none");
        browser.find("nav[aria-label=Console]");
        URI at = scene.address();
        assertThat(scene.get(at, "/nothing", "Accept", "text/html").body()).startsWith("<!DOCTYPE html>");
        assertThat(scene.get(at, "/api/v1/nothing", "Accept", "text/html").body())
                .startsWith("{\"type\"");
        assertThat(scene.get(at, "/nothing").body()).startsWith("{\"type\"");
    }
}
