package dev.millrace.trainer;

import dev.millrace.model.Classifier;
import dev.millrace.model.PretrainedModel;
import dev.millrace.registry.ArtifactStore;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** The files of a pretrained model, which every version trained from it names. */
final class BaseFiles {

    /** The role of the head that training began with, where the base had one. */
    private static final String HEAD = "base-head";

    private BaseFiles() {}

    /**
     * What is in them.
     *
     * @param base the model
     * @return by role, in the order in which they are written
     */
    static Map<String, ArtifactStore.Content> contents(PretrainedModel base) {
        byte[] config = base.config().write();
        byte[] tokenizer = base.tokenizerJson().getBytes(StandardCharsets.UTF_8);
        Map<String, ArtifactStore.Content> contents = new LinkedHashMap<>();
        contents.put(Classifier.BASE, base::writeTensors);
        contents.put(Classifier.CONFIG, out -> out.write(config));
        contents.put(Classifier.TOKENIZER, out -> out.write(tokenizer));
        base.head().ifPresent(head -> contents.put(HEAD, head::writeTo));
        return contents;
    }
}
