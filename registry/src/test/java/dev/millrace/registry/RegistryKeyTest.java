package dev.millrace.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegistryKeyTest {

    @Test
    void isWrittenAsContracted() {
        assertThat(new RegistryKey.VersionKey("a.b_c-D9", 12).bytes())
                .asString()
                .isEqualTo("a.b_c-D9/12");
        assertThat(new RegistryKey.AliasKey("m", "champion").bytes()).asString().isEqualTo("m@champion");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "m/1",
                "m/999999999999999999",
                "a.b_c-D9@shadow",
                "12/12",
                "latest@x",
                "m@1a",
                "m/1!verdict",
                "m/2!retirement",
                "m@champion!pin",
                "m!job",
                "m!successor"
            })
    void readsWhatItWrites(String key) {
        assertThat(RegistryKey.parse(utf8(key)).bytes()).isEqualTo(utf8(key));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "m",
                "m/",
                "/1",
                "m/0",
                "m/01",
                "m/-1",
                "m/1000000000000000000",
                "m/1/2",
                "m@",
                "@a",
                "m@a@b",
                "m/a@b",
                "m m/1",
                "ä/1",
                "m@latest",
                "m@12",
                "m/1\n",
                "../m/1",
                "m/1!pin",
                "m@champion!verdict",
                "m/1!verdict!verdict",
                "m@champion!",
                "m/1!job",
                "m!job!job",
                "!job"
            })
    void refusesWhatCouldBeReadInAnotherWay(String key) {
        assertThatThrownBy(() -> RegistryKey.parse(utf8(key))).isInstanceOf(RegistryFormatException.class);
    }

    @Test
    void saysWhichNameIsWrong() {
        assertThatThrownBy(() -> new RegistryKey.VersionKey("my model", 1))
                .hasMessage("model must match [A-Za-z0-9._-]{1,100}, but is 'my model'");
        assertThatThrownBy(() -> new RegistryKey.AliasKey("m", "x".repeat(101)))
                .hasMessageContaining("alias must match");
        assertThatThrownBy(() -> new RegistryKey.AliasKey("m", "7")).hasMessageContaining("already name a version");
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
