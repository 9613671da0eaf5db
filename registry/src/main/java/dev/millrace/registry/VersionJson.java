package dev.millrace.registry;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** The JSON of a {@link VersionRecord}. */
final class VersionJson {

    private VersionJson() {}

    static VersionRecord read(JsonFields fields) {
        JsonFields position = fields.fields("position");
        JsonFields lineage = fields.optionalFields("lineage");
        JsonFields signature = fields.optionalFields("signature");
        return new VersionRecord(
                fields.text("model"),
                fields.integer("version"),
                fields.instant("time"),
                fields.optionalInteger("parent"),
                fields.text("base"),
                fields.objects("artifacts", VersionJson::artifact),
                fields.texts("labels"),
                new LogPosition(
                        position.text("topic"),
                        Math.toIntExact(position.integer("partition")),
                        position.integer("nextOffset")),
                fields.integer("examples"),
                fields.integer("steps"),
                fields.optionalInstant("newestExample"),
                fields.textMap("settings"),
                fields.text("settingsSha256"),
                fields.numberMap("metrics"),
                fields.textMap("runtime"),
                lineage == null ? null : LineageJson.read(lineage),
                signature == null ? null : new RecordSignature(signature.text("keyId"), signature.text("value")));
    }

    static ObjectNode write(VersionRecord version) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("schema", RegistryJson.SCHEMA);
        json.put("model", version.model());
        json.put("version", version.version());
        json.put("time", version.time().toString());
        if (version.parent() != null) {
            json.put("parent", version.parent());
        }
        json.put("base", version.base());
        ArrayNode artifacts = json.putArray("artifacts");
        for (Artifact artifact : version.artifacts()) {
            ObjectNode file = artifacts
                    .addObject()
                    .put("role", artifact.role())
                    .put("size", artifact.size())
                    .put("sha256", artifact.sha256())
                    .put("uri", artifact.uri());
            Delta delta = artifact.delta();
            if (delta != null) {
                file.putObject("delta")
                        .put("size", delta.size())
                        .put("sha256", delta.sha256())
                        .put("baseSize", delta.baseSize())
                        .put("baseSha256", delta.baseSha256());
            }
        }
        version.labels().forEach(json.putArray("labels")::add);
        json.putObject("position")
                .put("topic", version.position().topic())
                .put("partition", version.position().partition())
                .put("nextOffset", version.position().nextOffset());
        json.put("examples", version.examples());
        json.put("steps", version.steps());
        if (version.newestExample() != null) {
            json.put("newestExample", version.newestExample().toString());
        }
        RegistryJson.putSorted(json.putObject("settings"), version.settings());
        json.put("settingsSha256", version.settingsSha256());
        RegistryJson.putFinite(json.putObject("metrics"), version.metrics());
        RegistryJson.putSorted(json.putObject("runtime"), version.runtime());
        if (version.lineage() != null) {
            LineageJson.write(version.lineage(), json.putObject("lineage"));
        }
        RecordSignature signature = version.signature();
        if (signature != null) {
            json.putObject("signature").put("keyId", signature.keyId()).put("value", signature.value());
        }
        return json;
    }

    private static Artifact artifact(JsonFields fields) {
        JsonFields delta = fields.optionalFields("delta");
        return new Artifact(
                fields.text("role"),
                fields.integer("size"),
                fields.text("sha256"),
                fields.text("uri"),
                delta == null ? null : delta(delta));
    }

    private static Delta delta(JsonFields fields) {
        return new Delta(
                fields.integer("size"), fields.text("sha256"), fields.integer("baseSize"), fields.text("baseSha256"));
    }
}
