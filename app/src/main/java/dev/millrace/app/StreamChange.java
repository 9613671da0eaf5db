package dev.millrace.app;

import java.util.List;

/** Makes one stream of another: a pure function, which gives the same for the same seed on every machine. */
@FunctionalInterface
interface StreamChange {

    /**
     * The changed stream.
     *
     * @param examples of the stream as it was, in order; not changed
     * @return those of the new one, in order
     */
    List<StreamedExample> apply(List<StreamedExample> examples);
}
