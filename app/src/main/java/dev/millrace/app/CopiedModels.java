package dev.millrace.app;

import dev.millrace.ingest.KnownModels;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Which models are given the examples of another one too, by {@code jobs.MODEL.ingest.copy-of}. */
final class CopiedModels {

    static final String KEY = "ingest.copy-of";

    private CopiedModels() {}

    /** By model, the one whose examples it is given. */
    static Map<String, String> of(Settings settings) {
        Map<String, String> copies = new TreeMap<>();
        for (String model : settings.models()) {
            String original = settings.forModel(model).ingest().copyOf();
            if (!original.isEmpty()) {
                copies.put(model, original);
            }
        }
        return copies;
    }

    /** The models, and which is meant where none is named. */
    static KnownModels known(Settings settings) {
        return KnownModels.of(new LinkedHashSet<>(settings.models()), of(settings));
    }

    /** What is wrong with them, a line for each problem. */
    static List<String> contradictions(Settings settings) {
        if (!settings.ingest().copyOf().isEmpty()) {
            return List.of(KEY + " is of one model: write jobs.MODEL." + KEY + ": "
                    + settings.ingest().copyOf() + ", with the model that is to be the copy");
        }
        Map<String, String> copies = of(settings);
        List<String> found = new ArrayList<>();
        copies.forEach((copy, original) -> {
            String key = JobKey.PREFIX + copy + "." + KEY;
            if (!settings.models().contains(original)) {
                found.add(key + " must be another of models, " + String.join(", ", settings.models()) + ", but is \""
                        + original + "\"");
            } else if (isReached(copies, copy)) {
                found.add(key + " must not lead back to " + copy + ", but it does by way of " + original);
            }
        });
        return found;
    }

    /** Whether a model would be given its own examples. */
    private static boolean isReached(Map<String, String> copies, String model) {
        String from = copies.get(model);
        for (int steps = 0; from != null && steps < copies.size(); steps++) {
            if (from.equals(model)) {
                return true;
            }
            from = copies.get(from);
        }
        return false;
    }
}
