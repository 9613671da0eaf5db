package dev.millrace.app.console;

import dev.millrace.app.console.Answers.Answer;
import dev.millrace.app.console.Frame.Section;
import dev.millrace.registry.Deployment;
import dev.millrace.registry.LiveRegistry;
import dev.millrace.registry.Problem;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.util.List;

/** A text box that asks what this process serves. */
final class TryPage {

    private static final int MOST_LABELS = 20;

    /**
     * The empty box.
     *
     * @param frame around it
     * @param models that answer here
     * @param elsewhere the instances that serve in other processes, where none does here
     * @param maxCharacters of a text
     */
    record Asking(Frame frame, List<String> models, List<Deployment> elsewhere, int maxCharacters) {}

    /**
     * An answer.
     *
     * @param model that was asked
     * @param text that was asked about
     * @param answer what it says
     */
    record Answered(String model, String text, Answer answer) {}

    private final Pages pages;
    private final Answers answers;
    private final LiveRegistry registry;
    private final int maxCharacters;

    TryPage(Pages pages, Answers answers, LiveRegistry registry, int maxCharacters) {
        this.pages = pages;
        this.answers = answers;
        this.registry = registry;
        this.maxCharacters = maxCharacters;
    }

    void addTo(RoutesConfig routes) {
        routes.get(Section.TRY.path(), this::show);
        routes.post("/console/try", this::answer);
    }

    private void show(Context context) {
        List<Deployment> elsewhere = answers.models().isEmpty()
                ? registry.deployments().all().stream()
                        .filter(one -> one.state() != Deployment.State.STOPPED && one.version() != null)
                        .toList()
                : List.of();
        pages.render(
                context,
                "tryIt",
                new Asking(
                        pages.frame(context, Section.TRY, "Try it", ""),
                        List.copyOf(answers.models()),
                        elsewhere,
                        maxCharacters));
    }

    private void answer(Context context) {
        pages.requireRead(context);
        String model = Asked.form(context, "model");
        String text = Asked.form(context, "text").replace("\r\n", "\n");
        if (!answers.models().contains(model)) {
            throw new Problem(404, "this process does not serve model '" + model + "'");
        }
        if (text.isBlank() || text.length() > maxCharacters) {
            throw new Problem(422, "the text must have 1 to " + maxCharacters + " characters that are not all blank");
        }
        long top = Asked.number("how many labels", Asked.form(context, "top"));
        if (top < 1 || top > MOST_LABELS) {
            throw new Problem(422, "how many labels must be from 1 to " + MOST_LABELS);
        }
        pages.render(context, "tryAnswer", new Answered(model, text, answers.answer(model, text, (int) top)));
    }
}
