package dev.millrace.model;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The files of a version of {@link TinyBert}, as a classifier loads them. */
final class TinyClassifier {

    private TinyClassifier() {}

    static Map<String, Path> files(Path folder, List<String> labels, int maxTokens, List<Tensor> tensors)
            throws IOException {
        PretrainedModel model = TinyBert.model();
        Map<String, Path> files = new HashMap<>();
        files.put(
                Classifier.CONFIG,
                Files.write(folder.resolve("config.json"), model.config().write()));
        files.put(Classifier.TOKENIZER, Files.writeString(folder.resolve("tokenizer.json"), model.tokenizerJson()));
        files.put(Classifier.BASE, folder.resolve("base.safetensors"));
        files.put(Classifier.WEIGHTS, folder.resolve("weights.safetensors"));
        try (OutputStream out = Files.newOutputStream(files.get(Classifier.BASE))) {
            model.writeTensors(out);
        }
        try (OutputStream out = Files.newOutputStream(files.get(Classifier.WEIGHTS))) {
            new ClassifierWeights(labels, TinyBert.SHAPE, maxTokens, tensors).writeTo(out);
        }
        return files;
    }
}
