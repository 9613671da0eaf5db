package dev.millrace.trainer;

import dev.millrace.registry.VersionRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** A model this trainer holds: its training, its place in the ledger, and the version of it that is on its way. */
final class OpenModel implements AutoCloseable {

    private static final int LEAST_LOOKS = 3;

    private final ModelTraining training;
    private final TopicPartition partition;
    private final ChampionWatch watch;
    private @Nullable VersionRecord published;
    private @Nullable Long newestVersion;
    private @Nullable Long parent;
    private long publishedOffset;
    private long usedNanos;
    private int emptyLooks;
    private long quietSince;
    private long quietUntil;
    private @Nullable PendingVersion pending;
    private AutomaticRollback.@Nullable Examination examination;

    /** A model that is taken into memory, to go on from its newest version. */
    OpenModel(ModelTraining training, IdleModel idle, long nowNanos) {
        this(training, idle.partition(), idle.newest(), idle.watch(), idle.publishedOffset(), nowNanos);
    }

    private OpenModel(
            ModelTraining training,
            TopicPartition partition,
            @Nullable VersionRecord from,
            ChampionWatch watch,
            long publishedOffset,
            long usedNanos) {
        this.training = training;
        this.partition = partition;
        this.watch = watch;
        this.published = from;
        this.parent = from == null ? null : Long.valueOf(from.version());
        this.newestVersion = parent;
        this.publishedOffset = publishedOffset;
        this.usedNanos = usedNanos;
    }

    /** The same model, trained on from one of its versions, or from the base when that is null. */
    OpenModel replacedBy(ModelTraining other, @Nullable VersionRecord ancestor) {
        OpenModel replacement = new OpenModel(other, partition, ancestor, watch, publishedOffset, usedNanos);
        replacement.newestVersion = newestVersion;
        return replacement;
    }

    /** Whether its newest version has all that has come of it, as far as it was given that. */
    boolean isPublished() {
        long newest = newestVersion == null ? 0 : newestVersion;
        return pending == null
                && (published == null ? 0 : published.version()) == newest
                && training.isAt(publishedOffset);
    }

    /** The same model out of memory; to be asked for only when its newest version has all of it. */
    IdleModel atRest() {
        return new IdleModel(training.model(), partition, published, publishedOffset, watch);
    }

    /** When something of it came last. */
    long usedNanos() {
        return usedNanos;
    }

    ModelTraining training() {
        return training;
    }

    TopicPartition partition() {
        return partition;
    }

    /** The newest version, published or being written; null before the first. */
    @Nullable Long newestVersion() {
        return newestVersion;
    }

    /** The version that the next one comes from; null when that is the base. */
    @Nullable Long parent() {
        return parent;
    }

    /** The first offset of the ledger that is in no published version. */
    long publishedOffset() {
        return publishedOffset;
    }

    void arrived(long nowNanos) {
        emptyLooks = 0;
        usedNanos = nowNanos;
    }

    /** Tells that the ledger was looked into, and had nothing more. */
    void sawNothing(long nowNanos) {
        quietSince = emptyLooks == 0 ? nowNanos : quietSince;
        quietUntil = nowNanos;
        emptyLooks++;
    }

    /**
     * For how long nothing has come, from one look to another: what a trainer did not see that was busy with other models
     * tells nothing of the producer, and the answer to one look may come with the next.
     */
    long idleNanos() {
        return emptyLooks < LEAST_LOOKS ? 0 : quietUntil - quietSince;
    }

    /** The version that is on its way to the registry; null when none is. */
    @Nullable PendingVersion pending() {
        return pending;
    }

    /** What is known of the answers under the champion. */
    ChampionWatch watch() {
        return watch;
    }

    /** The examination of the champion that is under way; null when none is. */
    AutomaticRollback.@Nullable Examination examination() {
        return examination;
    }

    void examine(AutomaticRollback.@Nullable Examination begun) {
        examination = begun;
    }

    void begun(PendingVersion version) {
        pending = version;
        newestVersion = version.number();
        parent = version.number();
    }

    void published(VersionRecord version, boolean serves) {
        pending = null;
        published = version;
        watch.published(version, serves);
        publishedOffset = version.position().nextOffset();
    }

    @Override
    public void close() {
        if (pending != null) {
            pending.cancel();
        }
        training.close();
    }
}
