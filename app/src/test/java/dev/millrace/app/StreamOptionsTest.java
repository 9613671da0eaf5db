package dev.millrace.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** From the options of the command line to a stream. */
class StreamOptionsTest {

    private static final List<StreamedExample> FILE = InventedStream.of(50, InventedStream.labels(6));

    @CommandLine.Command
    private static final class Holder {

        @CommandLine.Mixin
        private final StreamOptions options = new StreamOptions();
    }

    private static StreamOptions parsed(String options) {
        Holder holder = new Holder();
        new CommandLine(holder)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .parseArgs(options.isBlank() ? new String[0] : options.split(" "));
        return holder.options;
    }

    private static List<StreamedExample> stream(String options) {
        return parsed(options).plan().draw(FILE, 3).all();
    }

    @Test
    void theOrderOfTheFileIsTheDefaultUnlessSeedsAreSaid() {
        assertThat(stream("")).isEqualTo(FILE);
        assertThat(stream("--order time --shuffle 2")).isEqualTo(FILE);
        List<StreamedExample> random = new RandomOrder(3).apply(FILE);
        assertThat(stream("--shuffle 2")).isEqualTo(random);
        assertThat(stream("--seeds 2")).isEqualTo(random);
        assertThat(stream("--order random")).isEqualTo(random);
        assertThat(stream("--order by-label"))
                .containsExactlyInAnyOrderElementsOf(FILE)
                .isNotEqualTo(FILE)
                .isNotEqualTo(random);

        assertThat(parsed("").seeds()).containsExactly(1L);
        assertThat(parsed("--seeds 3").seeds()).containsExactly(1L, 2L, 3L);
        assertThat(parsed("--seeds 2 --shuffle 7").seeds()).containsExactly(7L, 8L);
    }

    @Test
    void aLimitTakesTheFirstOfTheFileOrSomeThatAreDrawn() {
        assertThat(stream("--limit 10")).isEqualTo(FILE.subList(0, 10));
        assertThat(stream("--limit 10 --shuffle 1"))
                .isEqualTo(new RandomOrder(3).apply(FILE).subList(0, 10));
        assertThat(InventedStream.sizes(stream("--limit 60 --order by-label")))
                .as("of all labels")
                .hasSize(6);
    }

    @Test
    void changesAreMadeOneAfterTheOther() {
        List<StreamedExample> all = stream("--shuffle 1 --imbalance 10 --drift swap-labels@0.5 --noise 0.1");

        assertThat(all).hasSizeBetween(100, 150);
        long wrong = all.stream()
                .filter(streamed -> !streamed.label().equals(streamed.trueLabel()))
                .count();
        assertThat(wrong).isEqualTo(Math.round(all.size() * 0.1));
        StreamPlan.Drawn drawn =
                parsed("--shuffle 1 --drift swap-labels@0.25").plan().draw(FILE, 3);
        assertThat(drawn.swap())
                .hasValueSatisfying(swap -> assertThat(swap.from()).isEqualTo(75));
    }

    @Test
    void theTestSetHasTheNamesThatLabelsHaveAtTheEnd() {
        TestSet test = new TestSet(List.of("one", "two"), List.of("a00", "a05"));
        StreamPlan.Drawn drawn = parsed("--drift swap-labels@0.5").plan().draw(FILE, 3);

        LabelSwap swap = drawn.swap().orElseThrow();
        assertThat(drawn.atTheEnd(test).labels())
                .containsExactly(swap.after("a00"), swap.after("a05"))
                .doesNotContainSequence("a00", "a05");
        assertThat(parsed("").plan().draw(FILE, 3).atTheEnd(test)).isEqualTo(test);
    }

    @Test
    void tasksAreParts() {
        StreamPlan.Drawn drawn = parsed("--tasks 3").plan().draw(FILE, 3);

        assertThat(drawn.parts()).hasSize(3).allSatisfy(part -> assertThat(part).hasSize(100));
        assertThat(drawn.tasks())
                .hasSize(3)
                .allSatisfy(labels -> assertThat(labels).hasSize(2).isSorted());
        assertThat(drawn.all()).containsExactlyInAnyOrderElementsOf(FILE);
    }

    @Test
    void saysWhatTheStreamIs() {
        assertThat(parsed("--order by-label --drift swap-labels@0.5 --noise 0.125 --imbalance 100")
                        .plan())
                .hasToString("order by-label, long-tailed 1:100, labels swapped at 50%, 12.5% wrong labels");
        assertThat(parsed("--tasks 7").plan()).hasToString("7 tasks, class-incremental");
        assertThat(parsed("--tasks 7").plan().asMap())
                .containsEntry("order", "tasks")
                .containsEntry("tasks", 7)
                .containsEntry("noise", null);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    --seeds 0                       | --seeds must be >= 1
                    --limit 0                       | --limit must be >= 1
                    --tasks 1                       | --tasks must be >= 2
                    --tasks 2 --noise 0.1           | --tasks has an order of its own
                    --tasks 2 --order time          | --tasks has an order of its own
                    --noise 1                       | --noise must be > 0 and < 1
                    --imbalance 1                   | --imbalance must be > 1
                    --drift swap-labels             | --drift must be swap-labels@
                    --drift swap-labels@half        | such as swap-labels@0.5
                    --drift swap-labels@1           | a share > 0 and < 1
                    """)
    void saysWhatIsWrong(String options, String rule) {
        assertThatThrownBy(() -> parsed(options).plan())
                .isInstanceOf(CommandException.class)
                .hasMessageContaining(rule);
    }
}
