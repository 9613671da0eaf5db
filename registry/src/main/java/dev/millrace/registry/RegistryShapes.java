package dev.millrace.registry;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.BiConsumer;

/**
 * The registry as JSON for whoever asks: what the HTTP API answers, and what the commands print with {@code --json}. The
 * schemas are those of {@code openapi.json}. The same state always gives the same tree, fields in a fixed order.
 */
public final class RegistryShapes {

    private RegistryShapes() {}

    /**
     * All models, {@code ModelList} in the schemas.
     *
     * @param registry where
     * @return {@code {"models": […]}}
     */
    public static ObjectNode models(ModelRegistry registry) {
        return list("models", registry.models(), (name, models) -> models.add(model(registry, name)));
    }

    /**
     * One model, {@code Model} in the schemas.
     *
     * @param registry where
     * @param model its name
     * @return how many versions it has, which is the latest, and where its aliases lead
     */
    public static ObjectNode model(ModelRegistry registry, String model) {
        ObjectNode json = object().put("model", model);
        json.put("versions", registry.versionCount(model));
        registry.latest(model).ifPresent(latest -> json.put("latest", latest.version()));
        ObjectNode aliases = json.putObject("aliases");
        for (String alias : aliasNames(registry, model)) {
            registry.target(model, alias).ifPresent(version -> aliases.put(alias, version));
        }
        registry.job(model).ifPresent(job -> json.set("job", job(job)));
        return succeeded(registry, model, json);
    }

    /**
     * All jobs that were created, {@code JobList} in the schemas.
     *
     * @param registry where
     * @return {@code {"jobs": […]}}
     */
    public static ObjectNode jobs(ModelRegistry registry) {
        return list("jobs", registry.jobs(), (job, jobs) -> jobs.add(job(job)));
    }

    /**
     * A job that was created, {@code Job} in the schemas.
     *
     * @param job which one
     * @return how its model is trained, since when, and who asked for that
     */
    public static ObjectNode job(JobRecord job) {
        ObjectNode json = RegistryJson.tree(job);
        json.remove("schema");
        return json;
    }

    /**
     * Versions in short, {@code VersionList} in the schemas.
     *
     * @param registry where they are
     * @param versions which, in the order in which they are listed
     * @return {@code {"versions": […]}}
     */
    public static ObjectNode versions(ModelRegistry registry, List<VersionRecord> versions) {
        return list("versions", versions, (version, all) -> all.add(summary(registry, version)));
    }

    private static ObjectNode summary(ModelRegistry registry, VersionRecord version) {
        ObjectNode json = object().put("model", version.model())
                .put("version", version.version())
                .put("time", version.time().toString());
        if (version.parent() != null) {
            json.put("parent", version.parent());
        }
        json.put("base", version.base())
                .put("labelCount", version.labels().size())
                .put("examples", version.examples())
                .put("steps", version.steps());
        json.set("metrics", RegistryJson.tree(version).get("metrics"));
        leading(registry, version).forEach(json.putArray("aliases")::add);
        registry.verdict(version.model(), version.version()).ifPresent(verdict -> json.put("passed", verdict.passed()));
        return json.put(
                "retired",
                registry.retirement(version.model(), version.version()).isPresent());
    }

    /**
     * All that is recorded of a version, {@code Version} in the schemas.
     *
     * @param registry where it is
     * @param version which
     * @return the record, the aliases that lead to it, the gate's verdict and the retirement
     */
    public static ObjectNode version(ModelRegistry registry, VersionRecord version) {
        ObjectNode json = plain(version);
        leading(registry, version).forEach(json.putArray("aliases")::add);
        registry.verdict(version.model(), version.version()).ifPresent(verdict -> json.set("verdict", plain(verdict)));
        registry.retirement(version.model(), version.version())
                .ifPresent(retirement -> json.set("retirement", plain(retirement)));
        return succeeded(registry, version.model(), json);
    }

    /**
     * What the gate found, {@code Verdict} in the schemas.
     *
     * @param verdict of a version
     * @return its findings with their figures
     */
    public static ObjectNode verdict(Verdict verdict) {
        return plain(verdict);
    }

    /**
     * The aliases of a model, {@code AliasList} in the schemas.
     *
     * @param registry where
     * @param model its name
     * @return {@code {"aliases": […]}}, sorted by name; those that are only pinned too
     */
    public static ObjectNode aliases(ModelRegistry registry, String model) {
        return list(
                "aliases",
                aliasNames(registry, model),
                (name, aliases) -> alias(registry, model, name).ifPresent(aliases::add));
    }

    /**
     * One alias, {@code Alias} in the schemas: where it leads and since when. Where it is pinned, that is the pin's, and
     * {@code pointsAt} says where it would lead without.
     *
     * @param registry where
     * @param model its name
     * @param name the alias
     * @return the alias, or empty when there is neither alias nor pin
     */
    public static Optional<ObjectNode> alias(ModelRegistry registry, String model, String name) {
        OptionalLong target = registry.target(model, name);
        if (target.isEmpty()) {
            return Optional.empty();
        }
        Alias alias = registry.alias(model, name).orElse(null);
        Pin pin = registry.pin(model, name).orElse(null);
        ObjectNode json = object().put("model", model).put("alias", name).put("version", target.getAsLong());
        json.put("pinned", pin != null);
        if (alias != null) {
            json.put("pointsAt", alias.version());
        }
        ObjectNode since =
                plain(pin != null || alias == null ? registry.pin(model, name).orElseThrow() : alias);
        for (String field : List.of("previous", "time", "by", "reason")) {
            if (since.has(field)) {
                json.set(field, since.get(field));
            }
        }
        return Optional.of(succeeded(registry, model, json));
    }

    /**
     * What happened, {@code EventList} in the schemas.
     *
     * @param entries of the audit topic, in the order in which they are listed
     * @return {@code {"events": […]}}
     */
    public static ObjectNode events(List<AuditEntry> entries) {
        return list("events", entries, (entry, events) -> events.add(event(entry)));
    }

    /**
     * One thing that happened, {@code Event} in the schemas.
     *
     * @param entry of the audit topic
     * @return the event and its offset there
     */
    public static ObjectNode event(AuditEntry entry) {
        ObjectNode json = object().put("offset", entry.offset());
        ObjectNode event = RegistryJson.tree(entry.event());
        event.remove("schema");
        return json.setAll(event);
    }

    /**
     * How a version came from the base, {@code Lineage} in the schemas.
     *
     * @param registry where it is
     * @param line the version, its parent, the parent's parent and so on
     * @return what each learned and what was done to it; {@code next} is the parent of the last one
     */
    public static ObjectNode lineage(ModelRegistry registry, List<VersionRecord> line) {
        VersionRecord oldest = line.get(line.size() - 1);
        ObjectNode json = object().put("model", oldest.model());
        json.put("base", oldest.base());
        ArrayNode chain = json.putArray("chain");
        line.forEach(version -> chain.add(link(registry, version)));
        if (oldest.parent() != null) {
            json.put("next", oldest.parent());
        }
        return json;
    }

    /**
     * Who serves what, {@code DeploymentList} in the schemas.
     *
     * @param registry says where their aliases lead
     * @param deployments which, in the order in which they are listed
     * @return {@code {"deployments": […]}}
     */
    public static ObjectNode deployments(ModelRegistry registry, List<Deployment> deployments) {
        return list("deployments", deployments, (one, all) -> all.add(deployment(registry, one)));
    }

    private static ObjectNode deployment(ModelRegistry registry, Deployment one) {
        ObjectNode json = object().put("model", one.model())
                .put("alias", one.alias())
                .put("instance", one.instance())
                .put("state", one.state().name().toLowerCase(Locale.ROOT))
                .put("share", one.share());
        if (one.version() != null) {
            json.put("version", one.version());
        }
        if (one.since() != null) {
            json.put("since", one.since().toString());
        }
        if (one.successor() != null) {
            json.put("successor", one.successor());
        }
        registry.target(registry.followedModel(one.model(), one.alias()), one.alias())
                .ifPresent(wanted -> json.put("wanted", wanted));
        one.staleSince(registry).ifPresent(since -> json.put("staleSince", since.toString()));
        json.put("time", one.time().toString());
        if (one.reason() != null) {
            json.put("reason", one.reason());
        }
        return json;
    }

    private static ObjectNode link(ModelRegistry registry, VersionRecord version) {
        String model = version.model();
        VersionRecord parent = version.parent() == null
                ? null
                : registry.version(model, version.parent()).orElse(null);
        ObjectNode json = object().put("version", version.version())
                .put("time", version.time().toString());
        if (version.parent() != null) {
            json.put("parent", version.parent());
        }
        json.put("learnedExamples", version.examples() - (parent == null ? 0 : parent.examples()));
        json.put("learnedSteps", version.steps() - (parent == null ? 0 : parent.steps()));
        ObjectNode record = RegistryJson.tree(version);
        json.set("position", record.get("position"));
        json.put("settingsSha256", version.settingsSha256());
        json.set("runtime", record.get("runtime"));
        if (version.lineage() != null) {
            json.setAll((ObjectNode) record.get("lineage"));
        }
        registry.verdict(model, version.version()).ifPresent(verdict -> json.put("passed", verdict.passed()));
        return json;
    }

    /**
     * What two versions differ in, {@code Diff} in the schemas.
     *
     * @param diff of their records
     * @return what differs, by name
     */
    public static ObjectNode diff(VersionDiff diff) {
        ObjectNode json = object().put("model", diff.from().model())
                .put("from", diff.from().version())
                .put("to", diff.to().version());
        if (!diff.from().base().equals(diff.to().base())) {
            json.putObject("base")
                    .put("from", diff.from().base())
                    .put("to", diff.to().base());
        }
        changes(json.putObject("settings"), diff.settings(), ObjectNode::put);
        changes(json.putObject("runtime"), diff.runtime(), ObjectNode::put);
        ObjectNode labels = json.putObject("labels");
        diff.added().forEach(labels.putArray("added")::add);
        diff.removed().forEach(labels.putArray("removed")::add);
        changes(json.putObject("metrics"), diff.metrics(), ObjectNode::put);
        return json;
    }

    private interface Putting<T> {
        ObjectNode put(ObjectNode json, String name, T value);
    }

    private static <T> void changes(ObjectNode json, List<VersionDiff.Change<T>> changes, Putting<T> putting) {
        for (VersionDiff.Change<T> change : changes) {
            ObjectNode one = json.putObject(change.name());
            T from = change.from();
            T to = change.to();
            if (from != null) {
                putting.put(one, "from", from);
            }
            if (to != null) {
                putting.put(one, "to", to);
            }
        }
    }

    /** Says that the aliases of a model are followed elsewhere, and since when. */
    private static ObjectNode succeeded(ModelRegistry registry, String model, ObjectNode json) {
        registry.successor(model)
                .ifPresent(cutOver -> json.putObject("successor")
                        .put("model", cutOver.successor())
                        .put("time", cutOver.time().toString())
                        .put("by", cutOver.by())
                        .put("reason", cutOver.reason()));
        return json;
    }

    private static ObjectNode plain(RegistryEntry entry) {
        ObjectNode json = RegistryJson.tree(entry);
        json.remove("schema");
        return json;
    }

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    private static <T> ObjectNode list(String name, Collection<T> values, BiConsumer<T, ArrayNode> adding) {
        ObjectNode json = object();
        ArrayNode array = json.putArray(name);
        values.forEach(value -> adding.accept(value, array));
        return json;
    }

    private static SortedSet<String> aliasNames(ModelRegistry registry, String model) {
        SortedSet<String> names = new TreeSet<>();
        registry.aliases(model).forEach(alias -> names.add(alias.alias()));
        registry.pins(model).forEach(pin -> names.add(pin.alias()));
        return names;
    }

    private static SortedSet<String> leading(ModelRegistry registry, VersionRecord version) {
        SortedSet<String> names = aliasNames(registry, version.model());
        names.removeIf(name -> registry.target(version.model(), name).orElse(-1) != version.version());
        return names;
    }
}
