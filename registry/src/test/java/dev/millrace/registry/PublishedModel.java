package dev.millrace.registry;

import static dev.millrace.registry.ArtifactStoreContract.content;
import static dev.millrace.registry.Cluster.consumed;
import static dev.millrace.registry.Examples.champion;
import static dev.millrace.registry.Examples.version;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A registry of its own with its store, in which versions of a model {@code m} become the champion one by one. */
final class PublishedModel implements AutoCloseable {

    private final Cluster cluster;
    private final String topic;
    private final ArtifactStore store;
    private VersionPublisher publisher;

    private PublishedModel(Cluster cluster, String topic, ArtifactStore store) {
        this.cluster = cluster;
        this.topic = topic;
        this.store = store;
        publisher = cluster.publisher(topic);
    }

    static PublishedModel open(Cluster cluster, String topic, Path store) throws Exception {
        return new PublishedModel(cluster, cluster.createRegistry(topic), FolderArtifactStore.open(store));
    }

    /** Removes the topic, and makes an empty one of the same name. */
    void makeAnew() throws Exception {
        publisher.close();
        cluster.deleteRegistry(topic);
        cluster.createRegistry(topic);
        publisher = cluster.publisher(topic);
    }

    String topic() {
        return topic;
    }

    ArtifactStore store() {
        return store;
    }

    VersionPublisher publisher() {
        return publisher;
    }

    Artifact put(long number) throws IOException {
        return store.put("weights", content("version " + number));
    }

    void publish(long number) throws IOException {
        publish(version("m", number, put(number)));
    }

    void publish(VersionRecord version) {
        publisher.publish(
                version,
                List.of(champion("m", version.version())),
                consumed(version.version()),
                cluster.alone("alone"));
    }

    @Override
    public void close() {
        publisher.close();
    }
}
