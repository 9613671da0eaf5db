package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.openqa.selenium.By;
import org.openqa.selenium.ElementNotInteractableException;
import org.openqa.selenium.Keys;
import org.openqa.selenium.NoSuchElementException;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.WebDriverWait;
import org.opentest4j.TestAbortedException;

/** A headless Chromium that a person would sit at. */
final class Browser implements AutoCloseable {

    private static final Path SCREENSHOTS = Path.of("target", "screenshots");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ChromeDriver driver;
    private final URI address;

    private Browser(ChromeDriver driver, URI address) {
        this.driver = driver;
        this.address = address;
    }

    /** Opens one; the test is skipped where there is none. */
    static Browser open(URI address, Path folder) {
        File chromium = first("chromium", "chromium-browser", "google-chrome");
        File chromedriver = first("chromedriver");
        if (chromium == null || chromedriver == null) {
            throw new TestAbortedException("there is no chromium with its chromedriver on the path");
        }
        ChromeOptions options = new ChromeOptions();
        options.setBinary(chromium);
        options.addArguments(
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--user-data-dir=" + folder.resolve("chromium").toAbsolutePath());
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        logs.enable(LogType.PERFORMANCE, Level.ALL);
        options.setCapability("goog:loggingPrefs", logs);
        ChromeDriverService service = new ChromeDriverService.Builder()
                .usingDriverExecutable(chromedriver)
                .usingAnyFreePort()
                .build();
        Browser browser = new Browser(new ChromeDriver(service, options), address);
        browser.wide();
        return browser;
    }

    private static @Nullable File first(String... names) {
        return Stream.of(names)
                .flatMap(name -> Stream.of(System.getenv("PATH").split(File.pathSeparator))
                        .map(folder -> new File(folder, name)))
                .filter(File::canExecute)
                .findFirst()
                .orElse(null);
    }

    ChromeDriver driver() {
        return driver;
    }

    void go(String path) {
        driver.get(address.resolve(path).toString());
    }

    void wide() {
        size(1280, 900);
    }

    void phone() {
        size(390, 844);
    }

    private void size(int width, int height) {
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    }

    void prefers(String scheme) {
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    WebElement find(String css) {
        return until(css + " is there", () -> {
            List<WebElement> found = driver.findElements(By.cssSelector(css));
            return found.isEmpty() || !found.get(0).isDisplayed() ? null : found.get(0);
        });
    }

    void click(String css) {
        until(css + " can be clicked", () -> {
            driver.findElement(By.cssSelector(css)).click();
            return true;
        });
    }

    void type(String css, String text) {
        WebElement field = find(css);
        field.clear();
        field.sendKeys(text);
    }

    /** Waits until a part of the page says something. */
    String read(String css, String expected) {
        return until(css + " says: " + expected, () -> {
            String text = driver.findElement(By.cssSelector(css)).getText();
            return text.contains(expected) ? text : null;
        });
    }

    private interface Look<T> {
        @Nullable T now();
    }

    private <T> T until(String what, Look<T> look) {
        return new WebDriverWait(driver, Duration.ofSeconds(30), Duration.ofMillis(50))
                .withMessage(() -> what + "; the page says:\n"
                        + driver.findElement(By.tagName("body")).getText())
                // What is refreshed by an event may be replaced between the look and the touch.
                .ignoring(StaleElementReferenceException.class)
                .ignoring(ElementNotInteractableException.class)
                .ignoring(NoSuchElementException.class)
                .until(ignored -> look.now());
    }

    void awaitGone(String css) {
        until(css + " is gone", () -> driver.findElements(By.cssSelector(css)).isEmpty());
    }

    @Nullable Object script(String script) {
        return driver.executeScript(script);
    }

    /** Sees what a change would do, and asks for it, by the keyboard. */
    void confirm(String expected, String by, String reason) {
        assertThat(read("#change[open]", expected)).contains("Your name", "Why");
        type("#change [name=by]", by);
        type("#change [name=reason]", reason);
        find("#change [name=reason]").sendKeys(Keys.ENTER);
        awaitGone("#change[open]");
        read("#notice", "Done.");
    }

    /** Fits a phone, in both schemes, and each control has a name. */
    void assertGoodToUse(String path) {
        go(path);
        find("main");
        assertThat(driver.executeScript("""
                return [...document.querySelectorAll("input:not([type=hidden]), select, textarea")]
                  .filter((one) => !one.labels?.length && !one.getAttribute("aria-label")).map((one) => one.outerHTML)"""))
                .as("controls without a label on %s", path)
                .isEqualTo(List.of());
        assertThat(driver.executeScript("""
                return [...document.querySelectorAll("button, a")]
                  .filter((one) => !one.textContent.trim() && !one.getAttribute("aria-label")).map((one) => one.outerHTML)"""))
                .as("buttons and links without a name on %s", path)
                .isEqualTo(List.of());
        phone();
        for (String scheme : List.of("light", "dark")) {
            prefers(scheme);
            assertThat(driver.executeScript(
                            "return document.documentElement.scrollWidth - document.documentElement.clientWidth"))
                    .as("what of %s is beside a phone", path)
                    .isEqualTo(0L);
        }
        prefers("light");
        wide();
    }

    /** Keeps a picture of what is shown, for whoever wants to look at it. */
    void shot(String name) {
        try {
            Files.createDirectories(SCREENSHOTS);
            Files.write(SCREENSHOTS.resolve(name + ".png"), driver.getScreenshotAs(OutputType.BYTES));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Nothing was complained of since the last call, and no other host was asked. */
    void assertQuiet() {
        assertThat(complaints()).isEmpty();
        assertThat(hosts()).isSubsetOf(address.getAuthority());
    }

    /** What the browser complained of since the last call, but for answers of 4xx, which it always tells of. */
    private List<String> complaints() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
                .map(LogEntry::getMessage)
                .filter(message -> !message.contains("the server responded with a status of 4")
                        && !message.contains("Response Status Error Code 4"))
                .toList();
    }

    /** The hosts that it asked since the last call. */
    List<String> hosts() {
        return driver.manage().logs().get(LogType.PERFORMANCE).getAll().stream()
                .map(entry -> json(entry.getMessage()).path("message"))
                .filter(event -> event.path("method").asText().equals("Network.requestWillBeSent"))
                .map(event -> event.at("/params/request/url").asText())
                // What the browser shows of itself, and what is in the page.
                .filter(url -> !url.matches("(chrome|data|about|blob|chrome-untrusted):.*"))
                .map(url -> URI.create(url.split("[?#]", 2)[0]).getAuthority())
                .distinct()
                .toList();
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        driver.quit();
    }
}
