package dev.millrace.trainer;

import ai.djl.engine.EngineException;
import dev.millrace.model.Classifier;
import dev.millrace.model.ClassifierWeights;
import dev.millrace.model.Head;
import dev.millrace.model.Tensor;
import dev.millrace.registry.Alias;
import dev.millrace.registry.Artifact;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.Lineage.Intervention;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.Verdict;
import dev.millrace.registry.Verdict.Finding;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Judges a version before it may become champion: read from its files as a service would read it, and asked what is held
 * out, beside the champion. What a version learned does not depend on it, only who serves it.
 *
 * <p>A version that had to forget something is asked only whether it can be served: it must replace the one before even
 * where that was better. For one thread.
 */
final class Gate {

    private static final Logger LOG = LoggerFactory.getLogger(Gate.class);

    /** What the gate is called in the registry. */
    static final String NAME = "trainer";

    /** The rows of a head are about 1 long where they are compared, and seldom below a hundredth where they are not. */
    private static final double LEAST_ROW = 1e-6;

    private final GateRules rules;
    private final ArtifactStore store;
    private final Examiner examiner;
    private final Supplier<ModelRegistry> registry;
    private final Clock clock;

    Gate(GateRules rules, ArtifactStore store, Examiner examiner, Supplier<ModelRegistry> registry, Clock clock) {
        this.rules = rules;
        this.store = store;
        this.examiner = examiner;
        this.registry = registry;
        this.clock = clock;
    }

    /**
     * A verdict, and where the champion's alias points.
     *
     * @param verdict on the candidate
     * @param pointed the version that the alias points at, whatever it is pinned at; null when there is none
     * @param pinned whether the alias is held where it leads
     */
    record Judgement(Verdict verdict, @Nullable Long pointed, boolean pinned) {

        /** Whether subscribers follow to it once it is published. */
        boolean serves() {
            return verdict.passed() && !pinned;
        }
    }

    /**
     * Judges a version whose files are durable.
     *
     * @param candidate its record
     * @param window what is held out
     * @throws IOException when the registry or the candidate's files cannot be read now; to be tried again
     */
    Judgement judge(VersionRecord candidate, List<TrainingExample> window) throws IOException {
        ModelRegistry view = view();
        String model = candidate.model();
        VersionRecord champion = view.resolve(model, Alias.CHAMPION).orElse(null);
        List<Finding> findings = new ArrayList<>();
        findings.add(weights(candidate));
        if (champion != null) {
            List<Intervention> since = since(candidate, champion.version(), view);
            if (since.stream().noneMatch(done -> done.action().equals("forget"))) {
                findings.add(base(candidate, champion));
                findings.add(labels(candidate, champion, since));
                findings.add(size(candidate, champion));
                findings.addAll(compare(candidate, champion, window));
            }
        }
        Verdict verdict = new Verdict(
                model,
                candidate.version(),
                champion == null ? null : champion.version(),
                findings,
                clock.instant(),
                NAME);
        return new Judgement(
                verdict,
                view.alias(model, Alias.CHAMPION).map(Alias::version).orElse(null),
                view.pin(model, Alias.CHAMPION).isPresent());
    }

    /**
     * How a version answers what is held out, asked once for its record and for the comparison.
     *
     * @param artifacts its files, durable
     * @param window what is held out
     * @return the score; of no examples where nothing is held out, or where the version cannot be loaded, which {@link
     *     #judge} then finds
     */
    HoldoutScore score(String model, List<Artifact> artifacts, List<TrainingExample> window) {
        if (window.isEmpty()) {
            return HoldoutScore.NONE;
        }
        try {
            List<WindowAnswer> answers =
                    examiner.answers(model, artifacts, window).each();
            return new HoldoutScore(window.size(), (int)
                    answers.stream().filter(WindowAnswer::correct).count());
        } catch (IOException | EngineException e) {
            LOG.warn("A version of {} cannot be asked what is held out", model, e);
            return HoldoutScore.NONE;
        }
    }

    private ModelRegistry view() throws IOException {
        try {
            return registry.get();
        } catch (KafkaException e) {
            throw new IOException("the registry cannot be read: " + e.getMessage(), e);
        }
    }

    private Finding weights(VersionRecord candidate) throws IOException {
        Artifact file = candidate.artifact(Classifier.WEIGHTS).orElse(null);
        if (file == null) {
            return new Finding("weights", false, Map.of(), "there is no file with the role " + Classifier.WEIGHTS);
        }
        ClassifierWeights weights = ClassifierWeights.read(store.fetch(file));
        for (Tensor tensor : weights.tensors()) {
            if (!tensor.isFinite()) {
                return new Finding("weights", false, Map.of(), tensor.name() + " is not finite");
            }
        }
        Set<String> empty = emptyRows(weights);
        return new Finding(
                "weights",
                empty.isEmpty(),
                Map.of("labels", (double) weights.labels().size()),
                empty.isEmpty()
                        ? "all weights are finite, and each label has a row"
                        : "labels without a row: " + String.join(", ", empty));
    }

    private static Set<String> emptyRows(ClassifierWeights weights) {
        Set<String> empty = new TreeSet<>();
        for (Tensor tensor : weights.tensors()) {
            if (tensor.name().equals(Head.ROWS)) {
                FloatBuffer values = tensor.data().asFloatBuffer();
                int width = Math.toIntExact(tensor.shape().get(1));
                for (int row = 0; row < weights.labels().size(); row++) {
                    double squares = 0;
                    for (int i = 0; i < width; i++) {
                        double value = values.get(row * width + i);
                        squares += value * value;
                    }
                    if (Math.sqrt(squares) < LEAST_ROW) {
                        empty.add(weights.labels().get(row));
                    }
                }
            }
        }
        return empty;
    }

    /** What was done between a version and its ancestor; all since the base, where that is none of its ancestors. */
    private static List<Intervention> since(VersionRecord version, long ancestor, ModelRegistry view) {
        List<Intervention> done = new ArrayList<>();
        Optional<VersionRecord> next = Optional.of(version);
        while (next.isPresent() && next.get().version() != ancestor) {
            VersionRecord one = next.get();
            if (one.lineage() != null) {
                done.addAll(one.lineage().interventions());
            }
            next = one.parent() == null ? Optional.empty() : view.version(one.model(), one.parent());
        }
        return done;
    }

    private static Finding base(VersionRecord candidate, VersionRecord champion) {
        Optional<String> own = candidate.artifact(Classifier.BASE).map(Artifact::sha256);
        boolean same = own.equals(champion.artifact(Classifier.BASE).map(Artifact::sha256));
        return new Finding(
                "base",
                same,
                Map.of(),
                same
                        ? "it was trained from the champion's base"
                        : "it was trained from " + candidate.base() + ", and the champion from another base, "
                                + champion.base());
    }

    private static Finding labels(VersionRecord candidate, VersionRecord champion, List<Intervention> since) {
        Set<String> lost = new TreeSet<>(champion.labels());
        candidate.labels().forEach(lost::remove);
        Set<String> meant = new HashSet<>();
        since.stream()
                .filter(done -> done.action().endsWith("-label"))
                .forEach(done -> meant.add(done.detail().getOrDefault("label", "")));
        lost.removeAll(meant);
        return new Finding(
                "labels",
                lost.isEmpty(),
                Map.of("labels", (double) candidate.labels().size(), "lost", (double) lost.size()),
                lost.isEmpty()
                        ? "it knows the champion's labels"
                        : "it does not know labels that the champion knows: " + String.join(", ", lost));
    }

    private Finding size(VersionRecord candidate, VersionRecord champion) {
        double bytes = served(candidate);
        double before = served(champion);
        return new Finding(
                "size",
                bytes <= rules.sizeFactor() * before,
                Map.of("candidate", bytes, "champion", before),
                String.format(Locale.ROOT, "what is served takes %.0f bytes, the champion %.0f", bytes, before));
    }

    private static double served(VersionRecord version) {
        return version.artifacts().stream()
                .filter(artifact -> Classifier.ROLES.contains(artifact.role())
                        || Classifier.OPTIONAL_ROLES.contains(artifact.role()))
                .mapToLong(Artifact::size)
                .sum();
    }

    private List<Finding> compare(VersionRecord candidate, VersionRecord champion, List<TrainingExample> window)
            throws IOException {
        if (window.size() < rules.leastExamples()) {
            return List.of(new Finding(
                    "accuracy",
                    true,
                    Map.of("examples", (double) window.size()),
                    window.size() + " examples are held out, and " + rules.leastExamples()
                            + " are needed to compare answers"));
        }
        Examiner.Answers own;
        try {
            own = examiner.answers(candidate, window);
        } catch (IOException | EngineException e) {
            return List.of(new Finding("loads", false, Map.of(), "it cannot be loaded: " + e.getMessage()));
        }
        Examiner.Answers others;
        try {
            others = examiner.answers(champion, window);
        } catch (IOException | EngineException e) {
            // Nobody could load it any more, so it must not keep others from its place.
            return List.of(new Finding("accuracy", true, Map.of(), "the champion cannot be loaded: " + e.getMessage()));
        }
        List<Finding> findings = new ArrayList<>(new Comparison(
                        rules, window.stream().map(TrainingExample::label).toList(), own.each(), others.each())
                .findings());
        findings.add(latency(own.millisAnExample(), others.millisAnExample()));
        return findings;
    }

    private Finding latency(double own, double champion) {
        return new Finding(
                "latency",
                own <= rules.latencyFactor() * champion,
                Map.of("candidate", own, "champion", champion),
                String.format(Locale.ROOT, "an answer takes %.2f ms, the champion's %.2f ms", own, champion));
    }
}
