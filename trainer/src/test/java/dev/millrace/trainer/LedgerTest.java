package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.ingest.ControlRecord;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.ingest.OffsetRanges;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LedgerTest {

    private static final Instant START = Instant.parse("2026-11-24T10:00:00Z");
    private static final Recipe RECIPE =
            TinyRecipe.standard().with(Map.of("batch-size", "3", "max-batch-age", "PT10S"));

    /** One record of a log, in seconds after the start. */
    private record Logged(long offset, long second) {}

    private final Ledger ledger = ledger(100);

    @Test
    void closesWhenItIsFull() {
        append(100, 0);
        append(101, 0);
        assertThat(ledger.hasNext()).isFalse();
        assertThat(ledger.next()).isEmpty();

        append(102, 0);
        assertThat(ledger.hasNext()).isTrue();
        MiniBatch batch = ledger.next().orElseThrow();
        assertThat(ids(batch)).containsExactly("100", "101", "102");
        assertThat(batch.nextOffset()).isEqualTo(103);
        assertThat(ledger.size()).isZero();
    }

    @Test
    void closesBeforeTheExampleThatComesTooLateByTheTimeOfTheLog() {
        append(100, 0);
        append(101, 9);
        assertThat(ledger.next()).isEmpty();

        append(102, 10);
        MiniBatch batch = ledger.next().orElseThrow();
        assertThat(ids(batch)).containsExactly("100", "101");
        assertThat(batch.nextOffset()).isEqualTo(102);
        assertThat(batch.firstTimestamp()).isEqualTo(START);
        assertThat(batch.lastTimestamp()).isEqualTo(START.plusSeconds(9));
        assertThat(ledger.size()).isEqualTo(1);
    }

    @Test
    void measuresTheAgeOfEachMiniBatchFromItsOwnFirstExample() {
        append(100, 0);
        append(101, 10);
        append(102, 19);
        append(103, 20);

        assertThat(ids(ledger.next().orElseThrow())).containsExactly("100");
        assertThat(ids(ledger.next().orElseThrow())).containsExactly("101", "102");
        assertThat(ledger.next()).isEmpty();
    }

    @Test
    void isNotUpsetByTimesOutOfOrder() {
        append(100, 50);
        append(101, 0);
        append(102, 59);

        assertThat(ids(ledger.next().orElseThrow())).containsExactly("100", "101", "102");
    }

    @Test
    void closesBeforeAnExampleThatReplacesOneOfIt() {
        take(100, example(100), example(101), replacing(example(99)));
        assertThat(ids(ledger.next().orElseThrow()))
                .as("what it replaces is learned already")
                .containsExactly("100", "101", "99#2");

        take(103, example(103), example(104), replacing(example(104)));
        assertThat(ids(ledger.next().orElseThrow())).containsExactly("103", "104");
        take(106, replacing(example(101)), example(107));
        assertThat(ids(ledger.next().orElseThrow())).containsExactly("104#2", "101#2", "107");
    }

    private void take(long offset, LabelledExample... examples) {
        for (int i = 0; i < examples.length; i++) {
            ledger.append(offset + i, START, examples[i]);
        }
    }

    private static LabelledExample example(int number) {
        return new LabelledExample("" + number, "support", "text " + number, "label", START, null, 1);
    }

    private static LabelledExample replacing(LabelledExample wrong) {
        return new LabelledExample(
                wrong.id() + "#2", wrong.model(), wrong.text(), "right", wrong.time(), null, 1, wrong.label());
    }

    @Test
    void closesEarlyOnlyWhenItIsFlushed() {
        append(100, 0);
        append(101, 1);

        assertThat(ledger.next()).isEmpty();
        ledger.closeEarly();
        MiniBatch batch = ledger.next().orElseThrow();
        assertThat(ids(batch)).containsExactly("100", "101");
        assertThat(batch.nextOffset()).isEqualTo(102);
        assertThat(ledger.nextEvent()).contains(new LedgerEntry.EarlyBoundary(102));

        ledger.closeEarly();
        assertThat(ledger.hasNext()).isFalse();
    }

    @Test
    void leavesOutWhatIsPartOfTheModelAlready() {
        append(98, 0);
        append(99, 0);
        assertThat(ledger.size()).isZero();

        append(100, 0);
        append(100, 0);
        assertThat(ledger.size()).isEqualTo(1);
    }

    @Test
    void minglesNoOffsetsWhereTheLogHasGaps() {
        append(104, 0);
        append(109, 0);
        append(110, 0);
        append(112, 0);

        assertThat(ledger.next().orElseThrow().nextOffset()).isEqualTo(111);
        ledger.closeEarly();
        assertThat(ledger.next().orElseThrow().nextOffset()).isEqualTo(113);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void givesTheSameMiniBatchesHoweverTheLogIsDeliveredAndWhereverItIsTakenUpAgain(long seed) {
        Random random = new Random(seed);
        List<Logged> log = new ArrayList<>();
        long offset = 100;
        long second = 0;
        for (int i = 0; i < 200; i++) {
            offset += 1 + random.nextInt(3);
            second += random.nextInt(9) - 2;
            log.add(new Logged(offset, second));
        }
        List<MiniBatch> atOnce = deliver(ledger, log, log::size);
        assertThat(atOnce).hasSizeGreaterThan(50);
        assertThat(atOnce).anyMatch(batch -> batch.entries().size() < 3);

        List<MiniBatch> inPortions = deliver(ledger(100), log, () -> 1 + random.nextInt(7));
        assertThat(inPortions).isEqualTo(atOnce);

        int taken = random.nextInt(atOnce.size());
        List<MiniBatch> resumed = deliver(ledger(atOnce.get(taken).nextOffset()), log, () -> 1 + random.nextInt(7));
        assertThat(resumed).isEqualTo(atOnce.subList(taken + 1, atOnce.size()));
    }

    @Test
    void meetsWhatIsNoExampleBetweenTwoMiniBatches() {
        append(100, 0);
        ControlRecord pause = new ControlRecord("support", new ControlRecord.Pause(), START, "ann", "why");
        ledger.append(101, START, pause);
        append(102, 0);

        assertThat(ledger.nextEvent()).isEmpty();
        assertThat(ids(ledger.next().orElseThrow())).containsExactly("100");
        assertThat(ledger.next()).isEmpty();
        assertThat(ledger.nextEvent()).contains(new LedgerEntry.Control(101, pause));
        assertThat(ledger.hasNext()).isFalse();
    }

    @Test
    void followsAScriptAndLeavesOutWhatIsForgotten() {
        LedgerEntry changed = new LedgerEntry.Reconfigured(103, Map.of("seed", "1"));
        LedgerEntry closed = new LedgerEntry.EarlyBoundary(102);
        Ledger again = new Ledger(RECIPE, 100, OffsetRanges.parse("101,104"), List.of(changed, closed));
        for (long offset : new long[] {100, 101, 104, 105}) {
            append(again, offset, 0);
        }

        assertThat(ids(again.next().orElseThrow())).containsExactly("100");
        assertThat(again.nextEvent()).contains(closed);
        assertThat(again.nextEvent()).contains(changed);
        assertThat(again.size()).isEqualTo(1);
        assertThat(again.next()).isEmpty();
    }

    private static Ledger ledger(long nextOffset) {
        return new Ledger(RECIPE, nextOffset, OffsetRanges.NONE, List.of());
    }

    private static List<MiniBatch> deliver(Ledger ledger, List<Logged> log, IntSupplier portion) {
        List<MiniBatch> batches = new ArrayList<>();
        int delivered = 0;
        while (delivered < log.size()) {
            int end = Math.min(log.size(), delivered + portion.getAsInt());
            for (Logged logged : log.subList(delivered, end)) {
                append(ledger, logged.offset, logged.second);
            }
            delivered = end;
            for (Optional<MiniBatch> next = ledger.next(); next.isPresent(); next = ledger.next()) {
                batches.add(next.get());
            }
        }
        return batches;
    }

    private void append(long offset, long second) {
        append(ledger, offset, second);
    }

    private static void append(Ledger ledger, long offset, long second) {
        Instant time = START.plusSeconds(second);
        ledger.append(
                offset, time, new LabelledExample(Long.toString(offset), "support", "text", "label", time, null, 1));
    }

    private static List<String> ids(MiniBatch batch) {
        return batch.entries().stream().map(entry -> entry.example().id()).toList();
    }
}
