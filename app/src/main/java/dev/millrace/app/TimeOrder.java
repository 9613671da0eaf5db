package dev.millrace.app;

import java.util.Comparator;
import java.util.List;

/** The order of the examples' times; of those with the same time, that of the file. */
record TimeOrder() implements StreamChange {

    @Override
    public List<StreamedExample> apply(List<StreamedExample> examples) {
        return examples.stream()
                .sorted(Comparator.comparing(streamed -> streamed.example().time()))
                .toList();
    }
}
