package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MarkupTest {

    private static final String ATTACK = "\"'><script>alert(1)</script>&lt;]]><!-- ";

    @Test
    void whatPeopleWroteStaysText() {
        Markup page = new Markup();
        page.element("p", () -> page.text("b", ATTACK, "title", ATTACK), "class", ATTACK);

        String html = page.toString();
        assertThat(html).doesNotContain("<script", "<!--", "]]>").contains("&lt;script&gt;");
        assertThat(html.replaceAll("\"[^\"]*\"", "\"\""))
                .isEqualToIgnoringWhitespace(
                        "<!DOCTYPE html><p class=\"\"><b title=\"\">" + html.substring(html.lastIndexOf("\">") + 2));
    }
}
