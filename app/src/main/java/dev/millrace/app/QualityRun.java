package dev.millrace.app;

import dev.millrace.ingest.Columns;
import dev.millrace.ingest.ExampleFormat;
import dev.millrace.ingest.ExampleJson;
import dev.millrace.ingest.ExampleSource;
import dev.millrace.ingest.LabelledExample;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** One stream through the whole way, the same one through the baselines, and what came of both. */
final class QualityRun {

    /** What the model is called among the learners. */
    static final String MODEL = "fine-tuned";

    private static final int TEXTS_AT_ONCE = 64;

    private final Settings settings;
    private final Surroundings around;
    private final StopSignal stop;
    private final StreamPlan.Drawn stream;
    private final TestSet test;
    private final List<Integer> taskEnds = new ArrayList<>();

    /**
     * A run.
     *
     * @param settings that point to a broker of its own
     * @param around the folder and the clock
     * @param stop ends it early
     * @param stream to learn
     * @param test to be answered, labelled as the stream is at its end
     */
    QualityRun(Settings settings, Surroundings around, StopSignal stop, StreamPlan.Drawn stream, TestSet test) {
        this.settings = settings;
        this.around = around;
        this.stop = stop;
        this.stream = stream;
        this.test = test;
    }

    /**
     * Streams, learns and measures.
     *
     * @param refused record values that ingest is to refuse, sent first
     * @param offline numbers of epochs that the encoder is trained offline for
     * @return the figures of the report
     */
    Map<String, Object> measure(List<byte[]> refused, List<Integer> offline) {
        Map<String, Object> figures = new LinkedHashMap<>();
        Map<String, List<String>> answers = new LinkedHashMap<>();
        List<LabelledExample> ledger = model(figures, answers, refused);
        StreamTruth truth = StreamTruth.of(stream, ledger);
        Map<String, Object> all = truth.figures(Objects.requireNonNull(answers.get(MODEL)));
        all.putAll(figures);
        Map<String, Map<String, Object>> baselines = baselines(truth, ledger, answers);
        baselines.values().forEach(own -> own.put("worstQuarterGap", worstQuarterGap(all, List.of(own), "quarters")));
        all.put("worstQuarterGap", worstQuarterGap(all, baselines.values(), "quarters"));
        if (all.containsKey("quartersClean")) {
            all.put("worstQuarterGapClean", worstQuarterGap(all, baselines.values(), "quartersClean"));
        }
        all.put("baselines", baselines);
        if (truth.swapAt().isPresent()) {
            all.put(
                    "drift",
                    Map.of(
                            "at", truth.swapAt().getAsInt(),
                            "window", truth.recoveryWindow(),
                            "partners", stream.swap().orElseThrow().partners()));
        }
        if (!taskEnds.isEmpty()) {
            all.put("tasks", Map.of("labels", stream.tasks(), "ends", List.copyOf(taskEnds)));
        }
        if (!offline.isEmpty()) {
            all.put("offline", new OfflineRun(settings, around, stop).measure(ledger, test, offline));
        }
        all.put("curve", truth.curve(answers));
        return all;
    }

    private List<LabelledExample> model(
            Map<String, Object> figures, Map<String, List<String>> answers, List<byte[]> refused) {
        try (Pass pass = Pass.open(settings, around)) {
            long residentBefore = Memory.residentBytes();
            double seconds = 0;
            TaskAccuracies tasks = new TaskAccuracies();
            Pass.Outcome outcome = null;
            for (List<StreamedExample> part : stream.parts()) {
                outcome = pass.stream(source(outcome == null ? refused : List.of(), part), stop);
                seconds += outcome.seconds();
                if (!stream.tasks().isEmpty()) {
                    taskEnds.add(outcome.accepted().size());
                    TestSet seen = seenBy(taskEnds.size());
                    addTo(tasks, seen, answers(pass.scorer(), seen.texts()));
                }
            }
            List<LabelledExample> ledger = Objects.requireNonNull(outcome).accepted();
            answers.put(MODEL, pass.curve().answers());
            figures.put("test", test.accuracy(answers(pass.scorer(), test.texts())));
            if (!taskEnds.isEmpty()) {
                figures.put("incremental", tasks.asMap());
            }
            figures.put("examples", ledger.size());
            figures.put("rejected", outcome.rejected());
            figures.put("duplicates", outcome.duplicates());
            figures.put("trainingAccuracy", pass.curve().trainingAccuracy());
            figures.put("seconds", seconds);
            figures.put("examplesPerSecond", ledger.size() / seconds);
            figures.put("stepP50Ms", pass.curve().stepMillis().get(0));
            figures.put("stepP99Ms", pass.curve().stepMillis().get(1));
            figures.put("versions", outcome.served().version());
            figures.put("versionsAt", pass.curve().versionsAt());
            figures.put("driftsFound", pass.curve().driftsFound());
            figures.put("residentBytesBefore", residentBefore);
            figures.put("residentBytesAfter", Memory.residentBytes());
            figures.put("runtime", pass.rooms().runtime());
            figures.put("recipe", settings.recipe().asMap());
            return ledger;
        }
    }

    private static ExampleSource source(List<byte[]> refused, List<StreamedExample> part) {
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        refused.forEach(value -> writeLine(lines, value));
        part.forEach(streamed -> writeLine(lines, ExampleJson.write(streamed.example())));
        try {
            return ExampleSource.open(
                            new ByteArrayInputStream(lines.toByteArray()), ExampleFormat.JSON_LINES, Columns.DEFAULT)
                    .counted();
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory failed", e);
        }
    }

    private static void writeLine(ByteArrayOutputStream lines, byte[] value) {
        lines.writeBytes(value);
        lines.write('\n');
    }

    /** The test texts of the labels of the first tasks. */
    private TestSet seenBy(int tasks) {
        return test.only(
                stream.tasks().subList(0, tasks).stream().flatMap(List::stream).toList());
    }

    private void addTo(TaskAccuracies accuracies, TestSet seen, List<String> answers) {
        accuracies.add(
                seen.accuracy(answers),
                stream.tasks().subList(0, accuracies.seen().size() + 1).stream()
                        .map(labels -> seen.accuracy(answers, labels))
                        .toList());
    }

    private List<String> answers(Scorer scorer, List<String> texts) {
        List<String> answers = new ArrayList<>();
        try (Progress progress = Progress.begin(around, "Testing", "texts", texts.size())) {
            for (int from = 0; from < texts.size(); from += TEXTS_AT_ONCE) {
                List<String> part = texts.subList(from, Math.min(texts.size(), from + TEXTS_AT_ONCE));
                scorer.score(part, 1)
                        .orElseThrow()
                        .predictions()
                        .forEach(prediction -> answers.add(prediction.label()));
                progress.to(answers.size());
            }
        }
        return answers;
    }

    private Map<String, Map<String, Object>> baselines(
            StreamTruth truth, List<LabelledExample> ledger, Map<String, List<String>> answers) {
        Map<String, TaskAccuracies> tasks = new LinkedHashMap<>();
        try (BaselineRun run = new BaselineRun(
                        Learning.base(settings, around.directory()),
                        Learning.compute(settings.trainer()),
                        settings.recipe().maxTokens());
                Progress progress = Progress.begin(around, "Baselines", "examples", ledger.size())) {
            int from = 0;
            for (int task = 1; task <= taskEnds.size(); task++) {
                run.learn(ledger.subList(from, taskEnds.get(task - 1)), progress, stop);
                from = taskEnds.get(task - 1);
                TestSet seen = seenBy(task);
                Map<String, List<String>> predicted = run.predict(seen.texts());
                run.answers()
                        .keySet()
                        .forEach(name -> addTo(
                                tasks.computeIfAbsent(name, first -> new TaskAccuracies()),
                                seen,
                                predicted.getOrDefault(name, List.of())));
            }
            run.learn(ledger.subList(from, ledger.size()), progress, stop);
            answers.putAll(run.answers());
            Map<String, List<String>> tested = run.predict(test.texts());
            Map<String, Map<String, Object>> figures = new LinkedHashMap<>();
            run.answers().forEach((name, own) -> {
                Map<String, Object> mine = truth.figures(own);
                mine.put("test", test.accuracy(Objects.requireNonNull(tested.get(name))));
                if (tasks.containsKey(name)) {
                    mine.put(
                            "incremental",
                            Objects.requireNonNull(tasks.get(name)).asMap());
                }
                figures.put(name, mine);
            });
            return figures;
        }
    }

    /** The least lead of the model over the best baseline of a quarter, in percentage points. */
    private static double worstQuarterGap(
            Map<String, Object> model, Iterable<Map<String, Object>> baselines, String quarters) {
        double worst = Double.POSITIVE_INFINITY;
        for (Map<String, Object> baseline : baselines) {
            for (int quarter = 0; quarter < PrequentialAnswers.QUARTERS; quarter++) {
                worst = Math.min(worst, 100 * (number(model, quarters, quarter) - number(baseline, quarters, quarter)));
            }
        }
        return worst;
    }

    private static double number(Map<String, Object> figures, String list, int index) {
        return figures.get(list) instanceof List<?> values && values.get(index) instanceof Double value
                ? value
                : Double.NaN;
    }
}
