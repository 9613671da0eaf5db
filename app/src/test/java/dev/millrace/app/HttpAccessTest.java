package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpAccessTest {

    @TempDir
    private Path folder = Path.of("");

    private void read(String token, String rights) throws IOException {
        Path file = folder.resolve("token");
        Files.writeString(file, token);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(rights));
        assertThat(HttpAccess.of(new Settings.Http("0.0.0.0", 0, Path.of("token")), folder))
                .isNotNull();
    }

    @Test
    void takesATokenThatOnlyItsOwnerMayRead() throws Exception {
        read("0123456789abcdef\n", "rw-------");
        assertThatThrownBy(() -> read("0123456789abcdef\n", "rw-r-----"))
                .isInstanceOf(CommandException.class)
                .hasMessageContaining("chmod 600");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "short", "two words 0123456789", "0123456789abcdef\n0123456789abcdef\n"})
    void refusesWhatIsNoToken(String token) {
        assertThatThrownBy(() -> read(token, "rw-------"))
                .isInstanceOf(CommandException.class)
                .hasMessageContaining("one line of at least 16 characters");
    }

    @Test
    void aFileThatIsMissingIsOneClearMessage() {
        assertThatThrownBy(() -> HttpAccess.of(new Settings.Http("127.0.0.1", 0, Path.of("none")), folder))
                .isInstanceOf(CommandException.class)
                .hasMessageContaining("http.token-file cannot be used");
    }
}
