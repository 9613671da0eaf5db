package dev.millrace.app;

import dev.millrace.ingest.LabelledExample;

/**
 * An example of a stream that a benchmark makes.
 *
 * @param example as it is sent
 * @param trueLabel what it should be answered at its place in the stream; another one than the example's where the
 *     benchmark has put in noise
 */
record StreamedExample(LabelledExample example, String trueLabel) {

    /** An example whose label is right. */
    static StreamedExample of(LabelledExample example) {
        return new StreamedExample(example, example.label());
    }

    String id() {
        return example.id();
    }

    String label() {
        return example.label();
    }

    /** The same example under a wrong label. */
    StreamedExample mislabelled(String wrong) {
        return new StreamedExample(withLabel(wrong), trueLabel);
    }

    /** The same example, whose label is called something else from now on. */
    StreamedExample renamed(String name) {
        return new StreamedExample(withLabel(name), name);
    }

    private LabelledExample withLabel(String label) {
        return new LabelledExample(
                example.id(),
                example.model(),
                example.text(),
                label,
                example.time(),
                example.source(),
                example.weight());
    }
}
