package dev.millrace.trainer;

import java.util.List;
import org.apache.commons.statistics.inference.AlternativeHypothesis;
import org.apache.commons.statistics.inference.BinomialTest;

/**
 * Two versions on the same examples. Only those count that one of them has right and the other wrong (McNemar 1947, exact).
 *
 * @param examples in all
 * @param worse how many the first has wrong and the second right
 * @param better how many the first has right and the second wrong
 */
record Paired(int examples, int worse, int better) {

    private static final BinomialTest SIGN = BinomialTest.withDefaults().with(AlternativeHypothesis.GREATER_THAN);

    /** The first's answers beside the second's, to the same examples in the same order. */
    static Paired of(List<WindowAnswer> first, List<WindowAnswer> second) {
        int worse = 0;
        int better = 0;
        for (int i = 0; i < first.size(); i++) {
            boolean now = first.get(i).correct();
            boolean before = second.get(i).correct();
            worse += before && !now ? 1 : 0;
            better += now && !before ? 1 : 0;
        }
        return new Paired(first.size(), worse, better);
    }

    /** By how much the first's accuracy is below the second's. */
    double fall() {
        return (double) (worse - better) / examples;
    }

    /** That so many or more would be worse if both were as good. */
    double chance() {
        int differ = worse + better;
        return differ == 0 ? 1 : SIGN.test(differ, worse, 0.5).getPValue();
    }
}
