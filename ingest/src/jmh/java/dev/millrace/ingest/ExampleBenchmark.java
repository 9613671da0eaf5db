package dev.millrace.ingest;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What ingest and the trainer do with the bytes of one example, of 4 to 29 words. The look for tokens, which ingest takes
 * as well, is as long as it takes to encode the text.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ExampleBenchmark {

    private static final int EXAMPLES = 256;
    private static final String MODEL = "support";
    private static final Instant TIME = Instant.parse("2026-11-24T10:00:00Z");
    private static final List<String> WORDS =
            List.of("my", "new", "card", "has", "still", "not", "arrived", "why", "is", "the", "payment", "pending");

    private final ExampleParser parser =
            new ExampleParser(IngestSettings.of("localhost:9092", Path.of("state"), Set.of(MODEL)), TextProbe.ANY);
    private final Headers headers = new RecordHeaders();
    private final List<LabelledExample> examples = examples();
    private final List<byte[]> anonymous =
            examples.stream().map(ExampleBenchmark::withoutId).toList();
    private final List<byte[]> ledger =
            examples.stream().map(ExampleJson::write).toList();
    private int next;

    private static List<LabelledExample> examples() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(1);
        return Stream.generate(() -> random.ints(random.nextInt(4, 30), 0, WORDS.size())
                        .mapToObj(WORDS::get)
                        .collect(Collectors.joining(" ")))
                .limit(EXAMPLES)
                .map(text -> new LabelledExample(
                        ContentId.of(MODEL, text, "card_arrival"), MODEL, text, "card_arrival", TIME, "crm", 1))
                .toList();
    }

    private static byte[] withoutId(LabelledExample example) {
        return String.format("{\"text\": \"%s\", \"label\": \"%s\"}", example.text(), example.label())
                .getBytes(StandardCharsets.UTF_8);
    }

    private int next() {
        next = (next + 1) % EXAMPLES;
        return next;
    }

    /**
     * Parses and judges an example that has every field.
     *
     * @return what it is
     */
    @Benchmark
    public Parsed parse() {
        return parser.parse(ledger.get(next()), headers, TIME.toEpochMilli());
    }

    /**
     * Parses and judges an example that has text and label alone, so that its id has to be made.
     *
     * @return what it is
     */
    @Benchmark
    public Parsed parseWithoutId() {
        return parser.parse(anonymous.get(next()), headers, TIME.toEpochMilli());
    }

    /**
     * Makes that id.
     *
     * @return it
     */
    @Benchmark
    public String contentId() {
        LabelledExample example = examples.get(next());
        return ContentId.of(example.model(), example.text(), example.label());
    }

    /**
     * Writes the JSON of the ledger.
     *
     * @return it
     */
    @Benchmark
    public byte[] writeLedger() {
        return ExampleJson.write(examples.get(next()));
    }

    /**
     * Reads the JSON of the ledger.
     *
     * @return what it says
     */
    @Benchmark
    public LedgerRecord readLedger() {
        return LedgerJson.read(ledger.get(next()));
    }
}
