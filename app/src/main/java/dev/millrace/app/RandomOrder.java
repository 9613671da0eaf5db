package dev.millrace.app;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * An order in which nothing tells what comes next.
 *
 * @param seed draws it
 */
record RandomOrder(long seed) implements StreamChange {

    @Override
    public List<StreamedExample> apply(List<StreamedExample> examples) {
        List<StreamedExample> order = new ArrayList<>(examples);
        Collections.shuffle(order, new Random(seed));
        return List.copyOf(order);
    }
}
