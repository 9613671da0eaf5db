package dev.millrace.app.console;

import dev.millrace.app.console.Confusions.Confusion;
import dev.millrace.app.console.Frame.Section;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.registry.Alias;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.Problem;
import dev.millrace.registry.Successor;
import dev.millrace.registry.VersionRecord;
import dev.millrace.trainer.AnsweredExample;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** One model: its learning curve with versions and drifts, how it answers each label, and what it got wrong lately. */
final class ModelPage {

    private static final String PART = "/console/models/{model}";
    private static final int MOST_MISTAKES = 25;
    private static final int MOST_PAIRS = 15;

    /** Fewer answers than this say nothing about a label. */
    private static final int TELLING = 5;

    /**
     * What the page shows.
     *
     * @param frame around it
     * @param model its name
     * @param progress of its training; null when no trainer has told of it
     * @param heard how long ago a trainer told of it; null when none has
     * @param champion the version that is served; null when there is none
     * @param latest the version that was published last; null when there is none
     * @param successor the model that is served in its place, since when and why; null when it is served itself
     * @param labels the worst first; those with few answers at the end
     * @param confusions the most frequent first
     */
    record Model(
            Frame frame,
            String model,
            @Nullable ModelProgress progress,
            @Nullable Duration heard,
            @Nullable VersionRecord champion,
            @Nullable VersionRecord latest,
            @Nullable Successor successor,
            List<LabelRow> labels,
            List<Confusion> confusions) {

        @Nullable CurvePoint point() {
            return progress == null ? null : progress.curve().latest();
        }
    }

    /**
     * How one label is answered.
     *
     * @param label its name
     * @param progress the figures
     */
    record LabelRow(String label, LabelProgress progress) {

        double recent() {
            return share(progress.recent().correct(), progress.recent().answered());
        }

        /** What a meter shows: nothing where there is no figure. */
        String meter() {
            return progress.recent().answered() == 0 ? "0" : Double.toString(recent());
        }

        double all() {
            return share(progress.all().correct(), progress.all().answered());
        }

        private static double share(long correct, long answered) {
            return answered == 0 ? Double.NaN : (double) correct / answered;
        }
    }

    /**
     * The latest wrong answers with the texts.
     *
     * @param model which model
     * @param mistakes newest first
     */
    record Mistakes(String model, List<Mistake> mistakes) {}

    /**
     * A wrong answer.
     *
     * @param answered what was answered to which example
     * @param example as it lies in the ledger; null where it is gone
     */
    record Mistake(AnsweredExample answered, @Nullable LabelledExample example) {}

    private final Pages pages;
    private final ProgressView progress;
    private final LedgerTexts texts;
    private final Clock clock;

    ModelPage(Pages pages, ProgressView progress, LedgerTexts texts, Clock clock) {
        this.pages = pages;
        this.progress = progress;
        this.texts = texts;
        this.clock = clock;
    }

    void addTo(RoutesConfig routes) {
        routes.get("/models/{model}", context -> show(context, "model"));
        routes.get(PART + "/live", context -> show(context, "modelLive"));
        routes.get(PART + "/labels", context -> show(context, "modelLabels"));
        routes.get(PART + "/mistakes", this::showMistakes);
        routes.get(PART + "/curve", this::showCurve);
    }

    private void show(Context context, String template) {
        String model = model(context);
        ModelRegistry registry = pages.view();
        ModelProgress training = progress.model(model).orElse(null);
        pages.render(
                context,
                template,
                new Model(
                        pages.frame(context, Section.OVERVIEW, model, model),
                        model,
                        training,
                        training == null
                                ? null
                                : Duration.between(training.latest().time(), clock.instant()),
                        registry.resolve(model, Alias.CHAMPION).orElse(null),
                        registry.latest(model).orElse(null),
                        registry.successor(model).orElse(null),
                        training == null ? List.of() : labels(training.labels()),
                        training == null ? List.of() : training.confusions().worst(MOST_PAIRS)));
    }

    private void showMistakes(Context context) {
        String model = model(context);
        List<Mistake> mistakes = progress.model(model).map(this::mistakes).orElse(List.of());
        pages.render(context, "modelMistakes", new Mistakes(model, mistakes));
    }

    private List<Mistake> mistakes(ModelProgress training) {
        List<AnsweredExample> latest =
                training.mistakes().stream().limit(MOST_MISTAKES).toList();
        Map<Long, LabelledExample> examples = texts.read(
                training.latest().model(),
                training.latest().partition(),
                latest.stream().map(AnsweredExample::offset).toList());
        return latest.stream()
                .map(answered -> new Mistake(answered, examples.get(answered.offset())))
                .toList();
    }

    private void showCurve(Context context) {
        String model = model(context);
        ModelProgress training = progress.model(model).orElse(null);
        pages.data(context, LearningCurveJson.of(training, pages.view().versions(model)));
    }

    private static List<LabelRow> labels(SortedMap<String, LabelProgress> labels) {
        return labels.entrySet().stream()
                .map(label -> new LabelRow(label.getKey(), label.getValue()))
                .sorted(Comparator.comparing(ModelPage::isQuiet).thenComparingDouble(LabelRow::recent))
                .toList();
    }

    private static boolean isQuiet(LabelRow row) {
        return row.progress().recent().answered() < TELLING;
    }

    /** A model is known by its versions or by its training. */
    private String model(Context context) {
        String model = context.pathParam("model");
        if (!pages.view().models().contains(model) && progress.model(model).isEmpty()) {
            throw new Problem(404, "there is no model " + model);
        }
        return model;
    }
}
