package dev.millrace.ingest;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.streams.KeyValue;

/**
 * Gives models the examples of others too. A copy has the id, the time and all else of the example but its model, so that
 * one which the other model has already is a duplicate like any other. Safe for use by several threads when probe and
 * observer are.
 *
 * <p>A text in which the tokenizer of the other model finds nothing is not copied, and counted as rejected. There is no
 * dead letter of it, for the example itself is in the ledger.
 */
final class Copies {

    private final Map<String, List<String>> byOriginal;
    private final TextProbe probe;
    private final IngestObserver observer;

    Copies(IngestSettings settings, TextProbe probe, IngestObserver observer) {
        this.byOriginal = byOriginal(settings.models(), settings.copies());
        this.probe = probe;
        this.observer = observer;
    }

    /**
     * Which copies are made of the examples of each model.
     *
     * @param models that are known
     * @param copies by model, the one whose examples it is given too
     * @throws IllegalArgumentException if one is not known, or a model would be given its own examples
     */
    static Map<String, List<String>> byOriginal(Set<String> models, Map<String, String> copies) {
        Map<String, List<String>> direct = new TreeMap<>();
        new TreeMap<>(copies).forEach((copy, original) -> {
            requireKnown(models, copy, copy);
            requireKnown(models, copy, original);
            direct.computeIfAbsent(original, first -> new ArrayList<>()).add(copy);
        });
        Map<String, List<String>> byOriginal = new HashMap<>();
        for (String original : direct.keySet()) {
            byOriginal.put(original, reached(direct, original));
        }
        return byOriginal;
    }

    private static void requireKnown(Set<String> models, String copy, String named) {
        if (!models.contains(named)) {
            throw new IllegalArgumentException(
                    copy + " is to be a copy of a model, but " + named + " is none of " + models);
        }
    }

    /** The copies of a model, and theirs. */
    private static List<String> reached(Map<String, List<String>> direct, String original) {
        Map<String, String> from = new LinkedHashMap<>();
        Deque<String> next = new ArrayDeque<>(List.of(original));
        while (!next.isEmpty()) {
            String one = next.remove();
            for (String copy : direct.getOrDefault(one, List.of())) {
                if (copy.equals(original)) {
                    throw new IllegalArgumentException(original + " would be a copy of itself: " + original
                            + " is a copy of " + one + (one.equals(original) ? "" : ", which comes from " + original));
                }
                if (from.putIfAbsent(copy, one) == null) {
                    next.add(copy);
                }
            }
        }
        return List.copyOf(from.keySet());
    }

    /** An example by its model, as the ledger will have it, and after it each copy. */
    List<KeyValue<String, byte[]>> byModel(LabelledExample example) {
        List<KeyValue<String, byte[]>> all = new ArrayList<>();
        all.add(ExampleTopology.byModel(example));
        for (String model : byOriginal.getOrDefault(example.model(), List.of())) {
            try {
                ExampleParser.requireTokens(probe, model, example.text());
                all.add(ExampleTopology.byModel(example.forModel(model)));
            } catch (Unfit unfit) {
                observer.rejected(unfit.rejection().reason());
            }
        }
        return all;
    }
}
