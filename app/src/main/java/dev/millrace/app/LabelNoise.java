package dev.millrace.app;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Symmetric label noise: a share of the examples, drawn at random, gets another label, each of the others as likely.
 *
 * @param share of the examples, 0 to 1
 * @param seed draws the examples and their labels
 */
record LabelNoise(double share, long seed) implements StreamChange {

    @Override
    public List<StreamedExample> apply(List<StreamedExample> examples) {
        List<String> labels = new ArrayList<>(
                new TreeSet<>(examples.stream().map(StreamedExample::label).toList()));
        if (labels.size() < 2) {
            throw new CommandException("--noise: another label is needed, but there is " + labels.size() + " in all");
        }
        Random random = new Random(seed);
        List<Integer> places =
                new ArrayList<>(IntStream.range(0, examples.size()).boxed().toList());
        Collections.shuffle(places, random);
        List<StreamedExample> noisy = new ArrayList<>(examples);
        for (int place : places.subList(0, (int) Math.round(examples.size() * share))) {
            int own = labels.indexOf(noisy.get(place).label());
            int other = (own + 1 + random.nextInt(labels.size() - 1)) % labels.size();
            noisy.set(place, noisy.get(place).mislabelled(labels.get(other)));
        }
        return List.copyOf(noisy);
    }
}
