package dev.millrace.trainer;

import dev.millrace.model.Classifier;
import dev.millrace.model.Compute;
import dev.millrace.model.Prediction;
import dev.millrace.registry.Artifact;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/** Asks versions, read from their files, what they answer; an example that was asked before is not asked again. For one thread. */
final class Examiner {

    private static final int TEXTS_AT_ONCE = 64;

    /** The champion, the candidate, and one more for the case that the champion is taken back. */
    private static final int MOST_KNOWN = 3;

    /**
     * What a version answers.
     *
     * @param each answer, in the order of the examples
     * @param millisAnExample how long the quickest part of them took, for each
     */
    record Answers(List<WindowAnswer> each, double millisAnExample) {}

    private record Known(Set<Artifact> files, Map<TrainingExample, WindowAnswer> answers, double millisAnExample) {}

    private final ArtifactStore store;
    private final Compute compute;
    private final LongSupplier nanoTime;
    private final Map<String, List<Known>> known = new HashMap<>();

    Examiner(ArtifactStore store, Compute compute, LongSupplier nanoTime) {
        this.store = store;
        this.compute = compute.withOneThread();
        this.nanoTime = nanoTime;
    }

    /**
     * What a version answers.
     *
     * @param version its record
     * @param window examples, at least one
     * @throws IOException when it cannot be read
     */
    Answers answers(VersionRecord version, List<TrainingExample> window) throws IOException {
        return answers(version.model(), version.artifacts(), window);
    }

    /** The same of one that has no record yet, by its files. */
    Answers answers(String model, List<Artifact> artifacts, List<TrainingExample> window) throws IOException {
        Set<Artifact> files = artifacts.stream().filter(Examiner::isServed).collect(Collectors.toSet());
        List<Known> recent = known.computeIfAbsent(model, name -> new ArrayList<>());
        Known before = recent.stream()
                .filter(one -> one.files().equals(files))
                .findFirst()
                .orElse(new Known(files, Map.of(), Double.POSITIVE_INFINITY));
        List<TrainingExample> unasked = window.stream()
                .filter(example -> !before.answers().containsKey(example))
                .distinct()
                .toList();
        Map<TrainingExample, WindowAnswer> all = new HashMap<>(before.answers());
        double millis = Math.min(before.millisAnExample(), ask(files, unasked, all));
        all.keySet().retainAll(Set.copyOf(window));
        recent.remove(before);
        recent.add(new Known(files, all, millis));
        recent.subList(0, Math.max(0, recent.size() - MOST_KNOWN)).clear();
        return new Answers(window.stream().map(all::get).toList(), millis);
    }

    private double ask(
            Set<Artifact> artifacts, List<TrainingExample> examples, Map<TrainingExample, WindowAnswer> answers)
            throws IOException {
        double quickest = Double.POSITIVE_INFINITY;
        if (examples.isEmpty()) {
            return quickest;
        }
        try (Classifier classifier = Classifier.load(files(artifacts), compute)) {
            for (int from = 0; from < examples.size(); from += TEXTS_AT_ONCE) {
                List<TrainingExample> part = examples.subList(from, Math.min(examples.size(), from + TEXTS_AT_ONCE));
                long started = nanoTime.getAsLong();
                List<Prediction> predictions = classifier.classifyTokens(
                        part.stream().map(TrainingExample::tokens).toList());
                quickest = Math.min(quickest, (nanoTime.getAsLong() - started) / 1e6 / part.size());
                for (int i = 0; i < part.size(); i++) {
                    Prediction said = predictions.get(i);
                    answers.put(
                            part.get(i),
                            new WindowAnswer(said.label().equals(part.get(i).label()), said.confidence()));
                }
            }
        }
        return quickest;
    }

    private static boolean isServed(Artifact artifact) {
        return Classifier.ROLES.contains(artifact.role()) || Classifier.OPTIONAL_ROLES.contains(artifact.role());
    }

    private Map<String, Path> files(Set<Artifact> artifacts) throws IOException {
        Map<String, Path> files = new HashMap<>();
        for (Artifact artifact : artifacts) {
            files.put(artifact.role(), store.fetch(artifact));
        }
        return files;
    }
}
