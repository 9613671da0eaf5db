package dev.millrace.model;

import java.util.List;

/**
 * What one version answers to several texts.
 *
 * @param <V> what names a version
 * @param version that answered all of them
 * @param predictions one for each text, in their order
 */
public record VersionAnswer<V>(V version, List<Prediction> predictions) {

    public VersionAnswer {
        predictions = List.copyOf(predictions);
    }
}
