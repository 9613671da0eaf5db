package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CurveChartTest {

    private static final int MODEL = 0x0072B2;
    private static final int BASELINE = 0xD55E00;

    @TempDir
    private Path folder = Path.of("");

    private static Map<String, Object> figures(Map<String, Object> accuracies) {
        return Map.of("curve", Map.of("window", 10, "examples", List.of(10, 20, 30), "accuracy", accuracies));
    }

    private Set<Integer> coloursOf(Map<String, Object> figures) throws IOException {
        Path file = folder.resolve("curves.png");
        new CurveChart("help desk, order random", Curves.of(figures, Map.of())).write(file);
        BufferedImage image = ImageIO.read(file.toFile());
        assertThat(image.getWidth()).isEqualTo(1200);
        assertThat(image.getHeight()).isEqualTo(700);
        Set<Integer> colours = new HashSet<>();
        for (int x = 0; x < image.getWidth(); x++) {
            for (int y = 0; y < image.getHeight(); y++) {
                colours.add(image.getRGB(x, y) & 0xFFFFFF);
            }
        }
        return colours;
    }

    @Test
    void drawsALineForEachLearner() throws IOException {
        Map<String, Object> alone = Map.of("fine-tuned", List.of(0.2, 0.5, 0.8));
        assertThat(coloursOf(figures(alone))).contains(0xFFFFFF, MODEL).doesNotContain(BASELINE);

        Map<String, Object> two = new LinkedHashMap<>(alone);
        two.put("streaming-lda", List.of(0.5, 0.6, 0.7));
        assertThat(coloursOf(figures(two))).contains(MODEL, BASELINE);
    }

    @Test
    void saysEarlyWhereItCannotBeWritten() {
        OutputFile.require("--chart", folder.resolve("curves.png"), ".png");
        assertThatThrownBy(() -> OutputFile.require("--chart", folder.resolve("curves.jpg"), ".png"))
                .hasMessageContaining("must end in .png");
        assertThatThrownBy(() -> OutputFile.require("--chart", folder.resolve("nowhere/curves.png"), ".png"))
                .hasMessageContaining("there is no folder");
    }
}
