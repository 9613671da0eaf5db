package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.millrace.model.PretrainedModel;
import dev.millrace.model.RandomEncoder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code trainer.base} as a folder, from the setting to a step of training. */
class BaseFolderTest {

    @TempDir
    private Path folder = Path.of("");

    private static Settings settings(String base) {
        return new SettingsLoader().put("trainer.base", base, "test").load().settings();
    }

    private PretrainedModel save() throws IOException {
        PretrainedModel model = RandomEncoder.of("small", RandomEncoder.tiny(64), PretrainedModel.bundledTokenizer());
        Path saved = Files.createDirectory(folder.resolve("saved"));
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

    @ParameterizedTest
    @ValueSource(strings = {"bge-small", "e5-small", "minilm", ""})
    void aNameThatIsNoneIsRefusedWithWhatToDo(String name) {
        assertThatThrownBy(() -> settings(name))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining("trainer.base must be minilm-l6, tiny, or the path, with a / in it, of a folder"
                        + " with another encoder of the BERT family");
    }
}
