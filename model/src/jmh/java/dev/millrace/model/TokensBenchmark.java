package dev.millrace.model;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What becomes of texts before a step: their tokens, and the arrangement of 64 of them, the mini-batch by default. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TokensBenchmark {

    private static final int TEXTS = 64;
    private static final List<String> WORDS =
            List.of("my", "new", "card", "has", "still", "not", "arrived", "why", "is", "the", "payment", "pending");

    private final RandomGenerator random =
            RandomGeneratorFactory.of("L64X128MixRandom").create(1);
    private final Tokenizer tokenizer = PretrainedModel.bundled().tokenizer(128);
    private final List<String> sentences =
            Stream.generate(() -> words(random.nextInt(4, 30))).limit(TEXTS).toList();
    private final List<TokenIds> encoded =
            sentences.stream().map(tokenizer::encode).toList();
    private final String page = words(400);
    private int next;

    private String words(int count) {
        return random.ints(count, 0, WORDS.size()).mapToObj(WORDS::get).collect(Collectors.joining(" "));
    }

    /**
     * A text of 4 to 29 words.
     *
     * @return its tokens
     */
    @Benchmark
    public TokenIds encodeSentence() {
        next = (next + 1) % TEXTS;
        return tokenizer.encode(sentences.get(next));
    }

    /**
     * A text of 400 words, cut after 128 tokens.
     *
     * @return its tokens
     */
    @Benchmark
    public TokenIds encodePage() {
        return tokenizer.encode(page);
    }

    /**
     * Sorts 64 texts by length into grids.
     *
     * @return the grids
     */
    @Benchmark
    public TokenBatch arrange() {
        return TokenBatch.of(encoded);
    }

    /** Gives back native memory. */
    @TearDown
    public void close() {
        tokenizer.close();
    }
}
