package dev.millrace.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelAliasTest {

    @Test
    void namesTheChampionWhereNoAliasIsGiven() {
        assertThat(ModelAlias.parse("support@candidate")).isEqualTo(new ModelAlias("support", "candidate"));
        assertThat(ModelAlias.parse("support@7")).isEqualTo(new ModelAlias("support", "7"));
        assertThat(ModelAlias.parse("support")).hasToString("support@champion");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "@",
                "@champion",
                "support@",
                "a@b@c",
                "a/b",
                "a b",
                "../a",
                "a@champion!pin",
                "é",
                "a\n"
            })
    void saysWhatANameMustBe(String text) {
        assertThatThrownBy(() -> ModelAlias.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must name MODEL or MODEL@ALIAS, such as support@champion")
                .hasMessageEndingWith("but names '" + text + "'");
    }

    @Test
    void showsOnlyTheBeginningOfALongName() {
        assertThatThrownBy(() -> ModelAlias.parse("x".repeat(5000)))
                .hasMessageEndingWith("x…'")
                .extracting(failure -> String.valueOf(failure.getMessage()).length())
                .satisfies(length -> assertThat(length).isLessThan(400));
    }
}
