package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The README promises no guarantee without a test: those it names exist. */
class ReadmeTest {

    private static final Path ROOT = Path.of("..");

    @Test
    void everyTestThatItNamesExists() throws IOException {
        String readme = Files.readString(ROOT.resolve("README.md"));
        Set<String> named = Pattern.compile("`(\\w+Test)`")
                .matcher(readme)
                .results()
                .map((MatchResult match) -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> existing = new TreeSet<>();
        try (Stream<Path> modules = Files.list(ROOT)) {
            for (Path tests : modules.map(module -> module.resolve("src/test/java"))
                    .filter(Files::isDirectory)
                    .toList()) {
                try (Stream<Path> files = Files.walk(tests)) {
                    files.map(file -> file.getFileName().toString())
                            .filter(name -> name.endsWith("Test.java"))
                            .forEach(name -> existing.add(name.replace(".java", "")));
                }
            }
        }

        assertThat(named).isNotEmpty();
        assertThat(existing).containsAll(named);
    }

    @Test
    void everyFileThatItLinksToExists() throws IOException {
        String readme = Files.readString(ROOT.resolve("README.md"));

        assertThat(Pattern.compile("\\]\\(([^)#:]+)\\)")
                        .matcher(readme)
                        .results()
                        .map(match -> match.group(1)))
                .isNotEmpty()
                .allSatisfy(link -> assertThat(ROOT.resolve(link)).exists());
    }
}
