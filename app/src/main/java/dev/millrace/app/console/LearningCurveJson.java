package dev.millrace.app.console;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.app.console.ModelProgress.DriftMark;
import dev.millrace.registry.VersionRecord;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A learning curve as {@code console.js} draws it: accuracies over examples, with versions and drifts marked. */
final class LearningCurveJson {

    private LearningCurveJson() {}

    /**
     * The curve of a model.
     *
     * @param progress of its training; null when no trainer has told of it, and there is no curve then
     * @param versions of the model
     * @return {@code {"x": […], "xLabel": …, "series": […], "marks": […]}}
     */
    static ObjectNode of(@Nullable ModelProgress progress, List<VersionRecord> versions) {
        List<CurvePoint> points =
                progress == null ? List.of() : progress.curve().points();
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("xLabel", "examples");
        ArrayNode x = json.putArray("x");
        points.forEach(point -> x.add(point.examples()));
        ArrayNode series = json.putArray("series");
        add(series, "fine-tuned, latest 200", points, CurvePoint::windowAccuracy);
        add(series, "frozen baseline, latest 200", points, CurvePoint::baselineWindowAccuracy)
                .put("dashed", true);
        add(series, "fine-tuned, all", points, CurvePoint::accuracy);
        ArrayNode marks = json.putArray("marks");
        for (VersionRecord version : versions) {
            marks.addObject()
                    .put("x", version.examples())
                    .put("label", "v" + version.version())
                    .put("kind", "version");
        }
        if (progress != null) {
            for (DriftMark drift : progress.drifts()) {
                marks.addObject()
                        .put("x", drift.since())
                        .put("label", drift.label() == null ? "drift" : "drift: " + drift.label())
                        .put("kind", "drift");
            }
        }
        return json;
    }

    private static ObjectNode add(
            ArrayNode series, String label, List<CurvePoint> points, Function<CurvePoint, @Nullable Double> value) {
        ObjectNode one = series.addObject().put("label", label).put("unit", "share");
        ArrayNode values = one.putArray("values");
        points.forEach(point -> values.add(value.apply(point)));
        return one;
    }
}
