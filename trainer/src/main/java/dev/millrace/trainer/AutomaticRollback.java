package dev.millrace.trainer;

import ai.djl.engine.EngineException;
import dev.millrace.registry.Alias;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.Pin;
import dev.millrace.registry.Verdict;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the champion's alias back when a fresh champion answers worse than an earlier version.
 *
 * <p>A fall of the prequential accuracy alone proves nothing: when the stream itself has become harder, or labels mean
 * something else, every earlier version is as bad or worse. So it only gives rise to an examination: both versions, read
 * from their files as a service would read them, answer the examples that came since, which neither has learned; and the
 * champion goes where it is worse by as much, beyond chance.
 *
 * <p>Asked by the training thread; examines on the thread that writes versions.
 */
final class AutomaticRollback {

    private static final Logger LOG = LoggerFactory.getLogger(AutomaticRollback.class);

    private final VersionPolicy policy;
    private final Examiner examiner;
    private final Supplier<ModelRegistry> registry;
    private final Clock clock;
    private final ExecutorService writerThread;

    AutomaticRollback(
            VersionPolicy policy,
            Examiner examiner,
            Supplier<ModelRegistry> registry,
            Clock clock,
            ExecutorService writerThread) {
        this.policy = policy;
        this.examiner = examiner;
        this.registry = registry;
        this.clock = clock;
        this.writerThread = writerThread;
    }

    /** An examination under way. */
    record Examination(ChampionWatch.Doubt doubt, Future<Optional<Pin>> outcome) {}

    /**
     * Looks at a model's champion: begins an examination when there is reason to, and takes the outcome of one that is done.
     *
     * @param open the model
     * @return where its champion's alias has to be held from now on, when it has
     */
    Optional<Pin> look(OpenModel open) {
        Examination examination = open.examination();
        if (examination == null) {
            open.watch()
                    .doubt(open.training().live())
                    .ifPresent(
                            doubt -> open.examine(new Examination(doubt, writerThread.submit(() -> examine(doubt)))));
            return Optional.empty();
        }
        if (!examination.outcome().isDone()) {
            return Optional.empty();
        }
        open.examine(null);
        if (!open.watch().watches(examination.doubt().champion())) {
            return Optional.empty();
        }
        Optional<Pin> outcome = outcome(examination);
        if (outcome.isEmpty()) {
            open.watch().cleared();
        }
        return outcome;
    }

    private static Optional<Pin> outcome(Examination examination) {
        try {
            return examination.outcome().get();
        } catch (ExecutionException e) {
            VersionRecord champion = examination.doubt().champion();
            LOG.warn(
                    "The champion of {}, version {}, answers worse than was answered before, but could not be examined:"
                            + " {}. It is tried again later",
                    champion.model(),
                    champion.version(),
                    String.valueOf(e.getCause()));
            return Optional.empty();
        } catch (InterruptedException e) {
            throw new org.apache.kafka.common.errors.InterruptException(e);
        }
    }

    private Optional<Pin> examine(ChampionWatch.Doubt doubt) throws IOException {
        VersionRecord champion = doubt.champion();
        VersionRecord better = doubt.better();
        if (!mayBeHeld(champion, better, view())) {
            return Optional.empty();
        }
        List<TrainingExample> examples = doubt.live().examples();
        Paired paired;
        try {
            paired = Paired.of(
                    examiner.answers(champion, examples).each(),
                    examiner.answers(better, examples).each());
        } catch (EngineException e) {
            throw new IOException(e);
        }
        boolean worse = paired.fall() >= policy.rollback().fall()
                && paired.chance() <= policy.gate().significance();
        String found = String.format(
                Locale.ROOT,
                "prequential accuracy %.3f over %d examples since version %d, %.3f before; of these version %d has %d right"
                        + " that version %d has wrong, and %d wrong that it has right (p = %.2g)",
                doubt.live().accuracy(),
                examples.size(),
                champion.version(),
                doubt.accuracyBefore(),
                better.version(),
                paired.worse(),
                champion.version(),
                paired.better(),
                paired.chance());
        if (!worse) {
            LOG.info("{} keeps its champion: {}", champion.model(), found);
            return Optional.empty();
        }
        return Optional.of(new Pin(
                champion.model(),
                Alias.CHAMPION,
                better.version(),
                champion.version(),
                clock.instant(),
                Gate.NAME,
                found));
    }

    /** What people have decided meanwhile is not touched. */
    private static boolean mayBeHeld(VersionRecord champion, VersionRecord better, ModelRegistry view) {
        String model = champion.model();
        return view.pin(model, Alias.CHAMPION).isEmpty()
                && view.resolve(model, Alias.CHAMPION).filter(champion::equals).isPresent()
                && view.version(model, better.version()).filter(better::equals).isPresent()
                && view.retirement(model, better.version()).isEmpty()
                && view.verdict(model, better.version()).map(Verdict::passed).orElse(true);
    }

    private ModelRegistry view() throws IOException {
        try {
            return registry.get();
        } catch (KafkaException e) {
            throw new IOException("the registry cannot be read: " + e.getMessage(), e);
        }
    }
}
