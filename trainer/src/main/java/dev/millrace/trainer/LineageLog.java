package dev.millrace.trainer;

import dev.millrace.ingest.ControlRecord;
import dev.millrace.registry.Lineage;
import dev.millrace.registry.Lineage.Intervention;
import dev.millrace.registry.Lineage.SetAside;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Writes down what shapes a model beside its examples, from one version to the next. Not thread-safe. */
final class LineageLog {

    /** What the settings of the trainer are called where an intervention says by whom it was. */
    static final String SETTINGS = "settings";

    private final List<Intervention> interventions = new ArrayList<>();
    private final List<Long> earlyBoundaries = new ArrayList<>();
    private final List<SetAside> setAside = new ArrayList<>();
    private long fromOffset;

    LineageLog(long fromOffset) {
        this.fromOffset = fromOffset;
    }

    void began(Recipe recipe) {
        reconfigured(fromOffset, recipe.asMap(), "a model begins");
    }

    void reconfigured(long offset, Map<String, String> settings, String reason) {
        interventions.add(new Intervention(offset, Lineage.RECONFIGURED, settings, null, SETTINGS, reason));
    }

    void controlled(long offset, ControlRecord control, Map<String, String> detail) {
        interventions.add(new Intervention(
                offset, control.action().verb(), detail, control.time(), control.by(), control.reason()));
    }

    void closedEarly(long offset) {
        earlyBoundaries.add(offset);
    }

    void setAside(MiniBatch batch, String reason) {
        setAside.add(new SetAside(batch.offset(), batch.nextOffset(), reason));
    }

    Lineage soFar() {
        return new Lineage(fromOffset, interventions, earlyBoundaries, setAside);
    }

    /** Begins anew after a version. */
    void restart(long offset) {
        fromOffset = offset;
        interventions.clear();
        earlyBoundaries.clear();
        setAside.clear();
    }
}
