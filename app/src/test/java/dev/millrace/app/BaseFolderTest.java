package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.millrace.model.PretrainedModel;
import dev.millrace.model.PublishedEncoder;
import dev.millrace.model.RandomEncoder;
import dev.millrace.model.Tokenizer;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code trainer.base} as a folder, from the setting to a step of training. */
class BaseFolderTest {

    @TempDir
    private Path folder = Path.of("");

    private static Settings settings(String base) {
        return new SettingsLoader().put("trainer.base", base, "test").load().settings();
    }

    private PretrainedModel save() throws IOException {
        return save(PretrainedModel.bundledTokenizer());
    }

    private PretrainedModel save(String tokenizerJson) throws IOException {
        return save(folder.resolve("saved"), tokenizerJson);
    }

    /** Writes a small random encoder into a new folder. */
    static PretrainedModel save(Path saved, String tokenizerJson) throws IOException {
        PretrainedModel model = RandomEncoder.of("small", RandomEncoder.tiny(64).withPrefix("query: "), tokenizerJson);
        Files.createDirectory(saved);
        Files.write(saved.resolve("config.json"), model.config().write());
        Files.writeString(saved.resolve("tokenizer.json"), model.tokenizerJson());
        try (OutputStream out = Files.newOutputStream(saved.resolve("model.safetensors"))) {
            model.writeTensors(out);
        }
        return model;
    }

    @Test
    void aRelativePathStartsFromTheWorkingDirectory() throws IOException {
        PretrainedModel model = save();

        PretrainedModel read = Learning.base(settings("./saved"), folder);

        assertThat(read.tensors()).isEqualTo(model.tensors());
        assertThat(read.name()).startsWith("saved@");
        assertThat(Learning.base(settings(folder.resolve("saved").toString()), Path.of("")))
                .isEqualTo(read);
    }

    @Test
    void isTrainedLikeAnyOther() throws IOException {
        save();
        Shell shell = new Shell(folder);

        int exit = shell.run(
                "bench", "step", "--set", "trainer.base=saved/", "--batch", "2", "--tokens", "8", "--runs", "1");

        assertThat(exit).describedAs(shell.err()).isZero();
    }

    @Test
    void whatIsNoEncoderIsSaidInOneLine() throws IOException {
        save();
        Files.delete(folder.resolve("saved").resolve("tokenizer.json"));
        Shell shell = new Shell(folder);

        assertThat(shell.run("bench", "step", "--set", "trainer.base=./saved")).isEqualTo(2);
        assertThat(shell.err())
                .contains("trainer.base cannot be read: ", "there is no file tokenizer.json", "; supported are ")
                .doesNotContain("Exception");
        assertThatThrownBy(() -> Learning.base(settings("./none"), folder))
                .isInstanceOf(CommandException.class)
                .hasMessageContaining("there is no folder " + folder);
    }

    @Test
    void examplesAreProbedWithItsTokenizer() throws IOException {
        String json = PretrainedModel.bundledTokenizer();
        assertThat(json).contains("\"clean_text\": true");
        save(json.replace("\"clean_text\": true", "\"clean_text\": false"));
        String controlCharacter = "\u0001";

        try (Tokenizer its = Learning.tokenizer(settings("./saved"), folder);
                Tokenizer bundled = Learning.tokenizer(settings("minilm-l6"), folder)) {
            assertThat(its.hasTokens(controlCharacter)).isTrue();
            assertThat(bundled.hasTokens(controlCharacter)).isFalse();
            assertThat(its.hasTokens("")).isFalse();
        }
        Files.delete(folder.resolve("saved").resolve("tokenizer.json"));
        assertThatThrownBy(() -> Learning.tokenizer(settings("./saved"), folder))
                .isInstanceOf(CommandException.class)
                .hasMessageContaining("trainer.base cannot be read: ")
                .hasMessageContaining("there is no file tokenizer.json");
    }

    /** Children in folders of their own find it, ingest and trainer both. */
    @ParameterizedTest
    @EnumSource(names = {"BGE_SMALL", "E5_SMALL"})
    void oneThatIsNotInTheBuildIsRefusedWithWhatToDo(PublishedEncoder published) {
        assumeThat(published.isPresent()).as("a build with it").isFalse();
        String expected = "trainer.base is " + published.base()
                + ", which this build of Millrace does not have, for it is large. Build it once with the Maven profile"
                + " bases: run ./millrace with MILLRACE_MAVEN_ARGS=-Pbases in its environment, or mvn -Pbases package";
        Shell shell = new Shell(folder);

        assertThat(shell.run("bench", "step", "--set", "trainer.base=" + published.base()))
                .isEqualTo(2);
        assertThat(shell.err()).contains(expected).doesNotContain("Exception");
        assertThatThrownBy(() -> Learning.tokenizer(settings(published.base()), folder))
                .isInstanceOf(CommandException.class)
                .hasMessage(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bge-small-en-v1.5", "e5", "minilm", ""})
    void aNameThatIsNoneIsRefusedWithWhatToDo(String name) {
        assertThatThrownBy(() -> settings(name))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining(
                        "trainer.base must be minilm-l6, bge-small, e5-small, tiny, or the path, with a / in it, of a folder"
                                + " with another encoder of the BERT family");
    }
}
