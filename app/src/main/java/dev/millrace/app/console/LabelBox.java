package dev.millrace.app.console;

import dev.millrace.app.console.Frame.Section;
import dev.millrace.app.console.Sending.Target;
import dev.millrace.ingest.ExampleJson;
import dev.millrace.ingest.ExampleProducer.Place;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.ingest.TopicFormat;
import dev.millrace.registry.Problem;
import dev.millrace.registry.VersionRecord;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Turns a text and its right label into an example: by itself a page, and a part that other pages open. */
final class LabelBox {

    private static final String SOURCE = "console";

    /**
     * The form.
     *
     * @param frame around it
     * @param models that can be taught
     * @param model that is, or an empty string
     * @param text to be labelled, or an empty string
     * @param label that is suggested, or an empty string
     * @param labels that the newest version knows
     * @param topic that it is sent to
     * @param refusal why nobody may send anything here, or null
     */
    record Box(
            Frame frame,
            List<String> models,
            String model,
            String text,
            String label,
            List<String> labels,
            String topic,
            @Nullable String refusal) {}

    private final Pages pages;
    private final Writes writes;
    private final Sending sending;
    private final List<String> models;
    private final Clock clock;

    LabelBox(Pages pages, Writes writes, Sending sending, Collection<String> models, Clock clock) {
        this.pages = pages;
        this.writes = writes;
        this.sending = sending;
        this.models = List.copyOf(models);
        this.clock = clock;
    }

    void addTo(RoutesConfig routes) {
        routes.get("/label", context -> show(context, "label"));
        routes.get("/console/label", context -> show(context, "labelBox"));
        routes.post("/console/label", this::send);
    }

    private void show(Context context, String template) {
        String named = Asked.query(context, "model");
        String model = named.isEmpty() && models.size() == 1 ? models.get(0) : named;
        String text = context.queryParam("text");
        pages.render(
                context,
                template,
                new Box(
                        pages.frame(context, Section.TRY, "Label a text", ""),
                        models,
                        model,
                        text == null ? "" : text,
                        Asked.query(context, "label"),
                        labels(model),
                        sending.topic(Target.EXAMPLES),
                        writes.refusal(context).orElse(null)));
    }

    private List<String> labels(String model) {
        return pages.view()
                .latest(model)
                .map(VersionRecord::labels)
                .map(labels -> labels.stream().sorted().toList())
                .orElse(List.of());
    }

    private void send(Context context) {
        writes.require(context);
        String model = Asked.form(context, "model");
        String text = Asked.form(context, "text").replace("\r\n", "\n");
        String label = Asked.form(context, "label").strip();
        if (text.isBlank() || label.isBlank() || model.isBlank()) {
            throw new Problem(422, "model, text and label must not be blank");
        }
        if (!labels(model).contains(label) && Asked.form(context, "new").isEmpty()) {
            throw new Problem(
                    422,
                    "\"" + label + "\" is no label of the newest version of " + model
                            + "; choose one that is, or tick that it is a new label");
        }
        String given = Asked.form(context, "id").strip();
        Instant now = clock.instant();
        Place place = sending.send(
                Target.EXAMPLES,
                null,
                json(given, model, text, label, now),
                List.of(TopicFormat.contractHeader()),
                now.toEpochMilli());
        Writes.told(
                context,
                "Sent to " + place.topic() + ", partition " + place.partition() + ", offset " + place.offset()
                        + "; it is learned once ingest and the trainer get to it.");
        context.status(204);
    }

    private static byte[] json(String given, String model, String text, String label, Instant now) {
        String id = given.isEmpty() ? SOURCE + "-" + UUID.randomUUID() : given;
        try {
            return ExampleJson.write(new LabelledExample(id, model, text, label, now, SOURCE, 1));
        } catch (IllegalArgumentException e) {
            throw new Problem(422, "nothing was sent: " + e.getMessage());
        }
    }
}
