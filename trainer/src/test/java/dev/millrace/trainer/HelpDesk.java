package dev.millrace.trainer;

import dev.millrace.ingest.LabelledExample;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A small stream that is easy to learn: each queue has words of its own among words that all share. */
final class HelpDesk {

    static final Instant START = Instant.parse("2025-11-24T10:00:00Z");

    private static final List<String> QUEUES = List.of("cards", "parcels", "travel", "network");
    private static final List<List<String>> OWN = List.of(
            List.of("card", "bank", "pin", "payment", "money"),
            List.of("parcel", "delivery", "package", "mail", "box"),
            List.of("train", "hotel", "flight", "ticket", "city"),
            List.of("router", "internet", "cable", "signal", "server"));
    private static final List<String> SHARED =
            List.of("please", "my", "the", "is", "not", "today", "help", "again", "still", "why", "we", "it");

    private HelpDesk() {}

    /** Examples of one model, one a second; the last queue appears only in the second half. */
    static List<LabelledExample> examples(String model, int count, long seed) {
        Random random = new Random(seed);
        List<LabelledExample> examples = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int queue = random.nextInt(i < count / 2 ? QUEUES.size() - 1 : QUEUES.size());
            List<String> words = new ArrayList<>();
            int length = 3 + random.nextInt(5);
            for (int word = 0; word < length; word++) {
                words.add(SHARED.get(random.nextInt(SHARED.size())));
            }
            words.set(random.nextInt(length), OWN.get(queue).get(random.nextInt(5)));
            words.set(random.nextInt(length), OWN.get(queue).get(random.nextInt(5)));
            examples.add(new LabelledExample(
                    model + "-" + seed + "-" + i,
                    model,
                    String.join(" ", words),
                    QUEUES.get(queue),
                    START.plusSeconds(i),
                    null,
                    1));
        }
        return examples;
    }

    /** The same without the words that all queues share, so that an encoder without any learning tells them apart. */
    static List<LabelledExample> terse(String model, int count, long seed) {
        return examples(model, count, seed).stream()
                .map(example -> new LabelledExample(
                        example.id(),
                        example.model(),
                        Stream.of(example.text().split(" "))
                                .filter(word -> !SHARED.contains(word))
                                .collect(Collectors.joining(" ")),
                        example.label(),
                        example.time(),
                        example.source(),
                        example.weight()))
                .toList();
    }
}
