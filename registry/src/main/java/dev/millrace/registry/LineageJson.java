package dev.millrace.registry;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.registry.Lineage.Intervention;
import dev.millrace.registry.Lineage.SetAside;
import java.util.TreeMap;

/** The JSON of a {@link Lineage} within a version record. */
final class LineageJson {

    private LineageJson() {}

    static void write(Lineage lineage, ObjectNode json) {
        json.put("fromOffset", lineage.fromOffset());
        ArrayNode interventions = json.putArray("interventions");
        for (Intervention intervention : lineage.interventions()) {
            ObjectNode one = interventions
                    .addObject()
                    .put("offset", intervention.offset())
                    .put("action", intervention.action());
            ObjectNode detail = one.putObject("detail");
            new TreeMap<>(intervention.detail()).forEach(detail::put);
            if (intervention.time() != null) {
                one.put("time", intervention.time().toString());
            }
            one.put("by", intervention.by()).put("reason", intervention.reason());
        }
        lineage.earlyBoundaries().forEach(json.putArray("earlyBoundaries")::add);
        ArrayNode setAside = json.putArray("setAside");
        for (SetAside aside : lineage.setAside()) {
            setAside.addObject()
                    .put("offset", aside.offset())
                    .put("nextOffset", aside.nextOffset())
                    .put("reason", aside.reason());
        }
    }

    static Lineage read(JsonFields fields) {
        return new Lineage(
                fields.integer("fromOffset"),
                fields.objects(
                        "interventions",
                        one -> new Intervention(
                                one.integer("offset"),
                                one.text("action"),
                                one.textMap("detail"),
                                one.optionalInstant("time"),
                                one.text("by"),
                                one.text("reason"))),
                fields.integers("earlyBoundaries"),
                fields.objects(
                        "setAside",
                        one -> new SetAside(one.integer("offset"), one.integer("nextOffset"), one.text("reason"))));
    }
}
