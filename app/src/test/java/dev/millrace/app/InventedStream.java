package dev.millrace.app;

import dev.millrace.ingest.LabelledExample;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Streams of examples whose texts and ids say nothing. */
final class InventedStream {

    static final Instant START = Instant.parse("2025-11-24T10:00:00Z");

    private InventedStream() {}

    /** As many examples of each of some labels, label after label, one a second. */
    static List<StreamedExample> of(int each, String... labels) {
        List<StreamedExample> examples = new ArrayList<>();
        for (String label : labels) {
            for (int i = 0; i < each; i++) {
                examples.add(example(examples.size(), label));
            }
        }
        return examples;
    }

    static StreamedExample example(int number, String label) {
        return StreamedExample.of(new LabelledExample(
                "id-" + number, "support", "text " + number, label, START.plusSeconds(number), null, 1));
    }

    /** Labels {@code a00}, {@code a01} and so on. */
    static String[] labels(int count) {
        String[] labels = new String[count];
        for (int i = 0; i < count; i++) {
            labels[i] = String.format("a%02d", i);
        }
        return labels;
    }

    static Map<String, Long> sizes(List<StreamedExample> examples) {
        return examples.stream().collect(Collectors.groupingBy(StreamedExample::label, Collectors.counting()));
    }

    static List<String> idsOf(List<StreamedExample> examples) {
        return examples.stream().map(StreamedExample::id).toList();
    }
}
