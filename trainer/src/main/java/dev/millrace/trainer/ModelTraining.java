package dev.millrace.trainer;

import dev.millrace.ingest.ControlRecord;
import dev.millrace.ingest.LabelledExample;
import dev.millrace.ingest.LedgerRecord;
import dev.millrace.ingest.OffsetRanges;
import dev.millrace.model.TokenIds;
import dev.millrace.model.Tokenizer;
import dev.millrace.registry.Lineage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One model while it is trained: its ledger, its learner, and how far it is.
 *
 * <p>Stepped by whoever owns it; has no thread and reads no clock. What comes out depends on where it started and on what
 * it met on its way. Not thread-safe.
 */
final class ModelTraining implements AutoCloseable {

    /** What a mini-batch is set aside for when neither of two tries gave a finite loss and gradient. */
    static final String NON_FINITE = "non_finite";

    private static final Logger LOG = LoggerFactory.getLogger(ModelTraining.class);

    /** One mini-batch may be poison; so many one after the other mean that the weights are. */
    private static final int MOST_SET_ASIDE_IN_A_ROW = 3;

    /** The offset of a control record, the examples before it that it wants forgotten, and how they were chosen. */
    record Demand(long offset, OffsetRanges offsets, String selection) {}

    private final String model;
    private final Tokenizer tokenizer;
    private final VersionPolicy policy;
    private final Learner learner;
    private final TrainingObserver observer;
    private final Course course;
    private final Ledger ledger;
    private final LineageLog lineage;
    private final List<LedgerEntry.Example> deadLetters = new ArrayList<>();
    private final LiveAnswers live = new LiveAnswers();
    private Steering steering;
    private long nextOffset;
    private @Nullable Instant newestExample;
    private double lastLoss;
    private VersionProgress progress = VersionProgress.NONE;
    private int setAsideInARow;
    private boolean isWaiting;
    private @Nullable Long seek;
    private @Nullable Demand demand;

    /** A model that goes on from a checkpoint, with a learner that was made from it. */
    ModelTraining(
            Checkpoint start,
            Learner learner,
            String model,
            Tokenizer tokenizer,
            VersionPolicy policy,
            TrainingObserver observer,
            Course course) {
        this.model = model;
        this.tokenizer = tokenizer;
        this.policy = policy;
        this.learner = learner;
        this.observer = observer;
        this.course = course;
        this.steering = start.steering();
        this.ledger = new Ledger(steering.recipe(), course.fromOffset(), course.forgotten(), course.script());
        this.lineage = new LineageLog(course.fromOffset());
        this.nextOffset = course.fromOffset();
        this.newestExample = start.newestExample();
        this.lastLoss = start.lastLoss();
        this.setAsideInARow = start.setAsideInARow();
        this.isWaiting = steering.paused() && !course.isAgain();
        if (course.fromBase()) {
            lineage.began(steering.configured());
        }
    }

    String model() {
        return model;
    }

    /** Of its texts; for the one thread that reads its records. */
    Tokenizer tokenizer() {
        return tokenizer;
    }

    /** The first offset of the ledger that is not part of the model. */
    long nextOffset() {
        return nextOffset;
    }

    /** How many examples it was given since the base. */
    long examples() {
        return learner.examples();
    }

    /** How far it is, and how good it was on its way. */
    Standing standing() {
        return learner.standing(nextOffset, Double.isFinite(lastLoss) ? lastLoss : 0);
    }

    /** What was answered lately, and then learned. */
    LiveAnswers live() {
        return live;
    }

    /** How many examples a mini-batch has that is full. */
    int batchSize() {
        return steering.recipe().batchSize();
    }

    /** How many examples wait in memory. */
    int waiting() {
        return ledger.size();
    }

    /** Whether it has done everything before an offset, nothing behind it, and has nothing more at hand. */
    boolean isAt(long offset) {
        return nextOffset == offset && ledger.isEmpty() && !isWaiting && seek == null && demand == null;
    }

    /** Whether what follows is read for the end of a pause alone. */
    boolean isPaused() {
        return isWaiting;
    }

    /** What shaped the model beside its examples since its newest version. */
    Lineage lineage() {
        return lineage.soFar();
    }

    void append(long offset, Instant timestamp, LedgerRecord received) {
        append(offset, timestamp, received, null);
    }

    /** Takes a record; the text of an example is tokenized when it is learned, unless that was done ahead. */
    void append(long offset, Instant timestamp, LedgerRecord received, @Nullable TokenIds tokens) {
        if (offset < nextOffset || seek != null || demand != null) {
            return; // what lies ahead is read again, once this model is where it has to be
        }
        if (!isWaiting) {
            ledger.append(offset, timestamp, received, tokens);
        } else if (received instanceof ControlRecord control && control.action() instanceof ControlRecord.Resume) {
            // What lies between is read again, now to be learned. In the ledger's order nothing has happened yet: the
            // model is paused until it meets what comes next.
            isWaiting = false;
            seek = nextOffset;
            LOG.info("Training of {} goes on at offset {}, asked for by {}", model, nextOffset, control.by());
        }
    }

    /** Tells that there is no record before an offset any more. */
    void reach(long offset) {
        ledger.reach(offset);
    }

    /** Where the ledger has to be read from next, if that is not where it was read to; asked for once. */
    OptionalLong takeSeek() {
        OptionalLong taken = seek == null ? OptionalLong.empty() : OptionalLong.of(seek);
        seek = null;
        return taken;
    }

    /** What this model has to unlearn; it then learns nothing more and is to be replaced by one that never saw it. */
    Optional<Demand> demand() {
        return Optional.ofNullable(demand);
    }

    boolean hasMiniBatch() {
        return demand == null && ledger.hasNext();
    }

    /** Does what the log says next, and learns the next mini-batch that it has closed, if there is one. */
    Optional<StepReport> learnNext() {
        while (!isVersionDue() && demand == null) {
            Optional<LedgerEntry> event = ledger.nextEvent();
            if (event.isPresent() || ledger.hasNext()) {
                steering = steering.paused(false);
            }
            if (event.isEmpty()) {
                return ledger.next().flatMap(this::learn);
            }
            meet(event.get());
        }
        return Optional.empty();
    }

    /** Learns what waits without a full mini-batch; a version of it is due at once, if there is anything new in it. */
    Optional<StepReport> flush() {
        ledger.closeEarly();
        Optional<StepReport> report = learnNext();
        // The boundary belongs to the version that it makes due.
        ledger.nextEvent().ifPresent(this::meet);
        progress = progress.requested();
        return report;
    }

    private void meet(LedgerEntry event) {
        if (event instanceof LedgerEntry.EarlyBoundary boundary) {
            lineage.closedEarly(boundary.offset());
        } else if (event instanceof LedgerEntry.Reconfigured change) {
            use(steering.reconfigured(change.settings()));
            lineage.reconfigured(change.offset(), change.settings(), "the trainer was started with other settings");
        } else if (event instanceof LedgerEntry.Control met) {
            obey(met);
        }
    }

    private void obey(LedgerEntry.Control met) {
        ControlRecord control = met.control();
        LOG.info("{}: {} at offset {}, asked for by {}", model, control.action(), met.offset(), control.by());
        if (control.action() instanceof ControlRecord.Forget forget) {
            // What comes after the record is not what it speaks of.
            OffsetRanges offsets = forget.offsets().within(0, met.offset());
            if (!course.forgotten().containsAll(offsets)) {
                demand = new Demand(met.offset(), offsets, forget.selection());
                return;
            }
            progress = progress.owed();
            lineage.controlled(met.offset(), control, Course.detail(offsets, forget.selection()));
        } else {
            try {
                lineage.controlled(met.offset(), control, apply(control.action(), met.offset()));
            } catch (IllegalArgumentException e) {
                LOG.error("{}: the control at offset {} changes nothing: {}", model, met.offset(), e.getMessage());
            }
        }
        nextOffset = met.offset() + 1;
    }

    /**
     * Does what is asked for.
     *
     * @return what the lineage says of it beside its name
     * @throws IllegalArgumentException when it cannot be done; nothing is changed then
     */
    private Map<String, String> apply(ControlRecord.Action action, long offset) {
        if (action instanceof ControlRecord.Set set) {
            use(steering.set(set.settings()));
            return set.settings();
        }
        if (action instanceof ControlRecord.RetireLabel retire) {
            learner.retire(retire.label());
            progress = progress.owed();
            return Map.of("label", retire.label());
        }
        if (action instanceof ControlRecord.RenameLabel rename) {
            learner.rename(rename.label(), rename.to());
            progress = progress.owed();
            return Map.of("label", rename.label(), "to", rename.to());
        }
        if (action instanceof ControlRecord.Freeze) {
            steering = steering.frozen(true);
        } else if (action instanceof ControlRecord.Resume) {
            steering = steering.frozen(false);
        } else if (action instanceof ControlRecord.Checkpoint) {
            progress = progress.requested();
        } else if (action instanceof ControlRecord.Pause) {
            pause(offset + 1);
        }
        return Map.of();
    }

    private void pause(long offset) {
        steering = steering.paused(true);
        progress = progress.requested();
        if (!course.isAgain()) {
            isWaiting = true;
            ledger.rewindTo(offset);
            seek = offset;
        }
    }

    private void use(Steering changed) {
        steering = changed;
        learner.use(changed.recipe());
        ledger.use(changed.recipe());
    }

    private Optional<StepReport> learn(MiniBatch batch) {
        if (!batch.heldOut().isEmpty()) {
            learner.judge(LedgerEntry.encoded(batch.heldOut(), tokenizer));
        }
        List<TrainingExample> examples = LedgerEntry.encoded(batch.entries(), tokenizer);
        Optional<StepReport> report = Optional.empty();
        List<String> answers = List.of();
        if (steering.frozen()) {
            Learner.Evaluation evaluation = learner.evaluate(examples);
            answers = evaluation.answers();
            observer.answered(model, examples.size(), evaluation.correct());
        } else if (!examples.isEmpty()) {
            report = tryTwice(batch, examples);
            answers = report.map(StepReport::answers).orElse(List.of());
        }
        nextOffset = batch.nextOffset();
        progress = progress.plus(batch);
        observer.answeredEach(
                model, standing(), AnsweredExample.of(batch.entries(), learner.current(examples), answers));
        return report;
    }

    private Optional<StepReport> tryTwice(MiniBatch batch, List<TrainingExample> examples) {
        StepReport report;
        try {
            report = learner.learn(examples);
        } catch (NonFiniteLossException first) {
            LOG.warn("{}: trying once more: {}", model, first.getMessage());
            try {
                report = learner.learn(examples);
            } catch (NonFiniteLossException second) {
                setAside(batch, second);
                return Optional.empty();
            }
        }
        live.add(batch.offset(), examples, report.correct());
        setAsideInARow = 0;
        lastLoss = report.loss();
        report.drifts().forEach(drift -> tell(drift, batch));
        for (LedgerEntry.Example entry : batch.entries()) {
            LabelledExample example = entry.example();
            if (newestExample == null || example.time().isAfter(newestExample)) {
                newestExample = example.time();
            }
        }
        return Optional.of(report);
    }

    private void tell(Drift drift, MiniBatch batch) {
        LOG.info(
                "{}: {}, found at {}; the reaction is {}",
                model,
                drift.inWords(),
                batch.place(),
                steering.recipe().driftReaction());
        observer.drifted(model, drift);
    }

    private void setAside(MiniBatch batch, NonFiniteLossException cause) {
        setAsideInARow++;
        if (setAsideInARow >= MOST_SET_ASIDE_IN_A_ROW) {
            throw new IllegalStateException(
                    "Training of " + model + " stops: " + setAsideInARow
                            + " mini-batches in a row could not be learned,"
                            + " the last of them at " + batch.place() + ". " + cause.getMessage(),
                    cause);
        }
        LOG.error("{}: the mini-batch at {} is set aside: {}", model, batch.place(), cause.getMessage());
        lineage.setAside(batch, NON_FINITE);
        deadLetters.addAll(batch.entries());
        observer.setAside(model, batch.entries().size());
    }

    /** Whether anything was learned that is in no version yet, or waits to be learned. */
    boolean hasNews() {
        return progress.examples() > 0 || ledger.size() > 0;
    }

    /** Whether there is anything to make a version of. */
    boolean hasLearnedSinceVersion() {
        return progress.examples() > 0 && canBecomeVersion();
    }

    boolean isVersionDue() {
        return canBecomeVersion() && progress.isDue(policy);
    }

    /** Until it has met what asked for it, a model that unlearns is behind what is served. */
    private boolean canBecomeVersion() {
        return nextOffset >= course.horizon() && learner.knowsLabels();
    }

    /** Copies the model as it is now, and counts anew towards the next version. */
    Snapshot checkpoint() {
        Snapshot snapshot = new Snapshot(
                new Checkpoint(learner.snapshot(), steering, newestExample, lastLoss, setAsideInARow),
                nextOffset,
                lineage.soFar(),
                deadLetters);
        progress = VersionProgress.NONE;
        lineage.restart(nextOffset);
        deadLetters.clear();
        return snapshot;
    }

    @Override
    public void close() {
        learner.close();
    }
}
