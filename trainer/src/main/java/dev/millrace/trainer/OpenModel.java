package dev.millrace.trainer;

import dev.millrace.registry.VersionRecord;
import java.util.Optional;
import java.util.concurrent.Future;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** A model this trainer holds: its training, its place in the ledger, and the version that is being written of it. */
final class OpenModel implements AutoCloseable {

    private final ModelTraining training;
    private final TopicPartition partition;
    private @Nullable Long newestVersion;
    private @Nullable Long parent;
    private long publishedOffset;
    private long lastArrivalNanos;
    private @Nullable Future<WrittenVersion> writing;

    OpenModel(ModelTraining training, TopicPartition partition, Optional<VersionRecord> newest, long nowNanos) {
        this.training = training;
        this.partition = partition;
        this.newestVersion = newest.map(VersionRecord::version).orElse(null);
        this.parent = newestVersion;
        this.publishedOffset = training.nextOffset();
        this.lastArrivalNanos = nowNanos;
    }

    /** The same model, trained on from one of its versions, or from the base when that is null. */
    OpenModel replacedBy(ModelTraining other, @Nullable VersionRecord ancestor, long nowNanos) {
        OpenModel replacement = new OpenModel(other, partition, Optional.ofNullable(ancestor), nowNanos);
        replacement.newestVersion = newestVersion;
        replacement.publishedOffset = publishedOffset;
        return replacement;
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
        lastArrivalNanos = nowNanos;
    }

    long idleNanos(long nowNanos) {
        return nowNanos - lastArrivalNanos;
    }

    boolean isWriting() {
        return writing != null;
    }

    boolean isWritten() {
        return writing != null && writing.isDone();
    }

    void startWriting(long version, Future<WrittenVersion> future) {
        newestVersion = version;
        parent = version;
        writing = future;
    }

    /** The version that is being written; it is published or dropped by whoever takes it. */
    Future<WrittenVersion> takeWriting() {
        Future<WrittenVersion> taken = writing;
        if (taken == null) {
            throw new IllegalStateException("no version of " + training.model() + " is being written");
        }
        writing = null;
        return taken;
    }

    void published(VersionRecord version) {
        publishedOffset = version.position().nextOffset();
    }

    @Override
    public void close() {
        if (writing != null) {
            writing.cancel(false);
        }
        training.close();
    }
}
