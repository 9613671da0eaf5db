package dev.millrace.app;

import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say what stream a benchmark makes of a file, and how often. */
final class StreamOptions {

    private static final String SWAP = "swap-labels@";

    @Option(
            names = "--order",
            paramLabel = "ORDER",
            description =
                    "random; by-label: one label after the other; or time: by the field time, else as in the file."
                            + " Default: time, or random with --shuffle or several --seeds.")
    private @Nullable StreamOrder order;

    @Option(
            names = "--shuffle",
            paramLabel = "SEED",
            description = "The first seed; the order is random unless another is asked for. Default: 1.")
    private @Nullable Long shuffle;

    @Option(
            names = "--seeds",
            paramLabel = "N",
            defaultValue = "1",
            description = "How many runs, each with a seed of its own for the stream and for the recipe. Default:"
                    + " ${DEFAULT-VALUE}.")
    private int seeds;

    @Option(
            names = "--limit",
            paramLabel = "N",
            description = "Take N examples alone: the first in the order of time, else drawn from the seed.")
    private @Nullable Integer limit;

    @Option(
            names = "--tasks",
            paramLabel = "N",
            description = "Class-incremental: the labels, shuffled, fall into N groups that come one after the other.")
    private @Nullable Integer tasks;

    @Option(
            names = "--drift",
            paramLabel = SWAP + "SHARE",
            description = "After this share of the stream ten pairs of labels swap their names, in the test set too.")
    private @Nullable String drift;

    @Option(
            names = "--noise",
            paramLabel = "SHARE",
            description = "Give this share of the stream another label, each of the others as likely.")
    private @Nullable Double noise;

    @Option(
            names = "--imbalance",
            paramLabel = "FACTOR",
            description = "Long-tailed: the labels' sizes fall exponentially to 1/FACTOR of the largest.")
    private @Nullable Double imbalance;

    /**
     * The stream that is asked for.
     *
     * @return how to make it
     * @throws CommandException when a value is out of its range, or two options contradict each other
     */
    StreamPlan plan() {
        require(seeds >= 1, "--seeds must be >= 1, but is " + seeds);
        require(limit == null || limit >= 1, "--limit must be >= 1, but is " + limit);
        require(tasks == null || tasks >= 2, "--tasks must be >= 2, but is " + tasks);
        require(noise == null || (noise > 0 && noise < 1), "--noise must be > 0 and < 1, but is " + noise);
        require(
                imbalance == null || (imbalance > 1 && imbalance < Double.POSITIVE_INFINITY),
                "--imbalance must be > 1, but is " + imbalance);
        require(
                tasks == null || (order == null && drift == null && noise == null),
                "--tasks has an order of its own, and goes without --order, --drift and --noise");
        return new StreamPlan(orderOrDefault(), limit, imbalance, tasks, swapAt(), noise);
    }

    /** {@return the seed of each run} */
    List<Long> seeds() {
        long first = shuffle == null ? 1 : shuffle;
        return LongStream.range(first, first + seeds).boxed().toList();
    }

    private StreamOrder orderOrDefault() {
        if (order != null) {
            return order;
        }
        return shuffle != null || seeds > 1 ? StreamOrder.RANDOM : StreamOrder.TIME;
    }

    private @Nullable Double swapAt() {
        if (drift == null) {
            return null;
        }
        String rule = "--drift must be " + SWAP + " and a share > 0 and < 1, such as " + SWAP + "0.5, but is " + drift;
        require(drift.startsWith(SWAP), rule);
        try {
            double share = Double.parseDouble(drift.substring(SWAP.length()));
            require(share > 0 && share < 1, rule);
            return share;
        } catch (NumberFormatException e) {
            throw new CommandException(rule, e);
        }
    }

    private static void require(boolean holds, String rule) {
        if (!holds) {
            throw new CommandException(rule);
        }
    }
}
