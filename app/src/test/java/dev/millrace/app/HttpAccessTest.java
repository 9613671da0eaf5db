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

    private static final Path TOKEN = Path.of("token");
    private static final Path VIEWER = Path.of("viewer");

    @TempDir
    private Path folder = Path.of("");

    private void write(Path file, String token, String rights) throws IOException {
        Files.writeString(folder.resolve(file), token);
        Files.setPosixFilePermissions(folder.resolve(file), PosixFilePermissions.fromString(rights));
    }

    private void read(String token, String rights) throws IOException {
        write(TOKEN, token, rights);
        assertThat(HttpAccess.of(HttpHere.on("0.0.0.0", TOKEN, null, false), folder)
                        .hasTokens())
                .isTrue();
    }

    @Test
    void takesATokenThatOnlyItsOwnerMayRead() throws Exception {
        read("0123456789abcdef\n", "rw-------");
        assertThatThrownBy(() -> read("0123456789abcdef\n", "rw-r-----"))
                .isInstanceOf(CommandException.class)
                .hasMessageContaining("http.token-file")
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
        assertThatThrownBy(() -> HttpAccess.of(HttpHere.on("127.0.0.1", Path.of("none"), null, false), folder))
                .isInstanceOf(CommandException.class)
                .hasMessageContaining("http.token-file cannot be used");
        assertThatThrownBy(() -> HttpAccess.of(HttpHere.on("127.0.0.1", null, Path.of("none"), false), folder))
                .isInstanceOf(CommandException.class)
                .hasMessageContaining("http.viewer-token-file cannot be used");
    }

    @Test
    void viewersAndOperatorsHaveDifferentTokens() throws Exception {
        write(TOKEN, "0123456789abcdef", "rw-------");
        write(VIEWER, "0123456789abcdef\n", "rw-------");
        assertThatThrownBy(() -> HttpAccess.of(HttpHere.on("127.0.0.1", TOKEN, VIEWER, false), folder))
                .isInstanceOf(CommandException.class)
                .hasMessageContaining("every viewer could make changes");
        write(VIEWER, "another-0123456789", "rw-------");
        assertThat(HttpAccess.of(HttpHere.on("127.0.0.1", TOKEN, VIEWER, false), folder)
                        .hasTokens())
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "::", "192.0.2.1", "no-such-host.invalid"})
    void refusesToListenForOthersWithoutSayingWhoMay(String host) {
        assertThatThrownBy(() -> HttpAccess.of(HttpHere.on(host, null, null, false), folder))
                .isInstanceOf(CommandException.class)
                .hasMessageContaining("http.host is " + host)
                .hasMessageContaining("http.token-file")
                .hasMessageContaining("http.host=127.0.0.1")
                .hasMessageContaining("http.trusted-network=true");
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.1.2.3", "::1", "localhost"})
    void thisMachineNeedsNoToken(String host) {
        assertThat(HttpAccess.of(HttpHere.on(host, null, null, false), folder).hasTokens())
                .isFalse();
    }

    @Test
    void runEndsBeforeAnythingListens() {
        Shell shell = new Shell(folder);
        assertThat(shell.run("run", "--set", "http.host=0.0.0.0", "--set", "http.port=0"))
                .isEqualTo(2);
        assertThat(shell.err()).contains("http.host is 0.0.0.0", "nothing says who may");
        assertThat(shell.run("run", "--set", "http.trusted-network=true", "--set", "http.viewer-token-file=viewer"))
                .isEqualTo(2);
        assertThat(shell.err()).contains("http.trusted-network: says that looking needs no token");
    }
}
