package dev.millrace.app;

import static dev.millrace.app.ConsoleScene.MODEL;
import static dev.millrace.app.ConsoleScene.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Cookie;

/** Who may look at the console and who may change something in it, by its pages and past them. */
class ConsoleAccessTest {

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

    @Test
    void whatMayNotBeDoneIsRefused() throws Exception {
        URI at = scene.address();
        int sent = scene.records("examples").size();
        String promote = "/console/models/" + MODEL + "/promote";
        Map<String, String> asked = Map.of(
                "version", "2", "alias", "champion", "seen", "" + scene.champion(), "by", "Eve", "reason", "mine");
        scene.assertRefused(at, promote, asked, 403, "the console's own pages");
        scene.assertRefused(
                at, promote, asked, 403, "may not change", "HX-Request", "true", "Origin", "https://evil.example");
        scene.assertRefused(at, "/console/models/none/promote", asked, 404, "no model none", "HX-Request", "true");
        scene.assertRefused(
                at,
                promote,
                Map.of("version", "2", "alias", "champion", "seen", "" + scene.champion(), "by", "Eve"),
                422,
                "\"reason\" must be a text",
                "HX-Request",
                "true");
        String resubmit = "/console/dead-letters/0/" + scene.letter("this is no JSON") + "/resubmit";
        scene.assertRefused(
                at, resubmit, Map.of("json", "{\"text\""), 422, "it would be refused", "HX-Request", "true");
        scene.assertRefused(at, resubmit, Map.of("json", ConsoleScene.LABELLED), 403, "the console's own pages");
        Map<String, String> label = Map.of("model", MODEL, "text", "a text", "label", "no such label");
        scene.assertRefused(
                at, "/console/label", label, 422, "is no label of the newest version", "HX-Request", "true");
        scene.assertRefused(
                at,
                "/console/label",
                Map.of("model", "none", "text", "a", "label", "b", "new", "yes"),
                422,
                "model",
                "HX-Request",
                "true");
        scene.assertRefused(at, "/console/try", Map.of("model", "none", "text", "a", "top", "3"), 404, "none");
        assertThat(scene.records("examples")).hasSize(sent);
    }

    private Path token(String name, String token) throws Exception {
        Path file = folder.resolve(name);
        Files.writeString(file, token);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return file;
    }

    private void signIn(String token) {
        browser.type("[name=token]", token);
        browser.click("button.primary");
    }

    @Test
    void viewersLookAndOperatorsChangeThingsAndNobodyElseGetsIn() throws Exception {
        String viewer = "viewer-0123456789";
        String operator = "operator-0123456789";
        URI guarded = scene.open(
                        EnumSet.of(Role.REGISTRY),
                        Map.of(
                                "http.token-file", token("operator", operator).toString(),
                                "http.viewer-token-file",
                                        token("viewer", viewer).toString()))
                .address();
        URI open = scene.open(EnumSet.of(Role.REGISTRY), Map.of("http.host", "0.0.0.0", "http.trusted-network", "true"))
                .address();
        String versions = "/models/" + MODEL + "/versions";
        String bearer = "Bearer " + viewer;
        await(
                "it has read the registry",
                () -> (scene.status(guarded, versions, "Authorization", bearer) == 200
                                && scene.status(open, versions) == 200)
                        ? true
                        : null);

        Map<String, String> asked =
                Map.of("version", "2", "alias", "other", "seen", "", "by", "Ann", "reason", "to try");
        String promote = "/console/models/" + MODEL + "/promote";
        scene.assertRefused(guarded, promote, asked, 401, "send the token", "HX-Request", "true");
        scene.assertRefused(open, promote, asked, 403, "nobody may change", "HX-Request", "true");
        assertThat(scene.get(open, versions).body()).contains("The buttons are off", "disabled");
        assertThat(scene.get(open, "/sign-in").statusCode()).isEqualTo(404);
        assertThat(scene.get(guarded, "/try", "Authorization", bearer).body()).contains("serves no model", "desk");
        for (String path : List.of("/", versions, "/dead-letters", "/api/v1/models", "/console/events", "/metrics")) {
            assertThat(scene.get(guarded, path).statusCode()).as(path).isEqualTo(401);
        }
        HttpResponse<String> sent = scene.get(guarded, versions + "?before=9", "Accept", "text/html");
        assertThat(sent.statusCode()).isEqualTo(302);
        assertThat(sent.headers().firstValue("Location").orElse(""))
                .endsWith("/sign-in?next=%2Fmodels%2F" + MODEL + "%2Fversions%3Fbefore%3D9");

        browser.driver().get("about:blank");
        browser.hosts(); // those of the page that was open
        browser.driver().get(guarded.resolve(versions).toString());
        signIn("no-such-token-0123");
        browser.read("main", "this is not a token");
        signIn(viewer);
        browser.read("main", "you are signed in as a viewer");
        browser.find("#link-state[data-state=live]");
        assertThat(browser.driver().findElements(By.cssSelector("button[aria-label^='Pin champion']:enabled")))
                .isEmpty();
        Cookie cookie = Objects.requireNonNull(browser.driver().manage().getCookieNamed("millrace"));
        assertThat(cookie.isHttpOnly()).isTrue();
        assertThat(cookie.getSameSite()).isEqualTo("Strict");
        assertThat(cookie.getExpiry()).as("it ends with the browser").isNull();
        assertThat(cookie.getValue()).doesNotContain(viewer);
        assertRefusedBySession(guarded, promote, asked, cookie, 403, "a viewer may look");
        browser.click("header form button");
        browser.read("h1", "Sign in");
        assertThat(scene.get(guarded, versions, "Cookie", "millrace=" + cookie.getValue())
                        .statusCode())
                .as("the session has ended")
                .isEqualTo(401);

        browser.driver().get(guarded.resolve("/sign-in?next=" + versions).toString());
        signIn(operator);
        long champion = scene.champion();
        browser.click("button[aria-label='Pin champion where it is']");
        browser.read("#change[open]", "stay there until unpinned");
        browser.type("#change [name=by]", "Ann");
        browser.type("#change [name=reason]", "hold");
        browser.click("#change button.primary");
        browser.awaitGone("#change[open]");
        assertThat(scene.registry().pin(MODEL, "champion").orElseThrow().version())
                .isEqualTo(champion);
        browser.click("button[aria-label='Unpin champion']");
        browser.confirm("stay on version " + champion, "Ann", "it is better");
        assertThat(scene.registry().pin(MODEL, "champion")).isEmpty();

        Cookie operators = Objects.requireNonNull(browser.driver().manage().getCookieNamed("millrace"));
        String session = "millrace=" + operators.getValue();
        String own = "http://" + guarded.getAuthority();
        String pages = "the console's own pages";
        scene.assertRefused(guarded, promote, asked, 403, pages, "Cookie", session, "HX-Request", "true");
        scene.assertRefused(guarded, promote, asked, 403, pages, "Cookie", session, "Origin", own);
        scene.assertRefused(
                guarded,
                promote,
                asked,
                403,
                "may not change",
                "Cookie",
                session,
                "HX-Request",
                "true",
                "Origin",
                "http://127.0.0.1:1");
        scene.assertRefused(guarded, "/api/v1/models/" + MODEL + "/unpin", asked, 403, pages, "Cookie", session);
        scene.assertRefused(guarded, "/sign-in", Map.of("token", operator), 403, "may not", "Origin", "null");
        HttpResponse<String> astray =
                scene.post(guarded, "/sign-in", Map.of("token", operator, "next", "//evil.example"));
        assertThat(astray.statusCode()).isEqualTo(303);
        assertThat(astray.headers().firstValue("Location")).hasValue("/");
        assertThat(browser.hosts()).containsOnly(guarded.getAuthority());
        browser.go("/");
    }

    private static void assertRefusedBySession(
            URI at, String path, Map<String, String> form, Cookie cookie, int status, String why) throws Exception {
        scene.assertRefused(
                at,
                path,
                form,
                status,
                why,
                "HX-Request",
                "true",
                "Cookie",
                "millrace=" + cookie.getValue(),
                "Origin",
                "http://" + at.getAuthority());
    }
}
