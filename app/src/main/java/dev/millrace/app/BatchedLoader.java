package dev.millrace.app;

import dev.millrace.model.Classifier;
import dev.millrace.model.ScoringObserver;
import dev.millrace.model.ScoringQueue;
import dev.millrace.model.VersionAnswer;
import dev.millrace.registry.VersionLoader;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Makes a classifier of a version's files, with a queue of its own, so that no batch and no request spans two versions,
 * whichever a canary or a shadow asks.
 */
record BatchedLoader(ModelLoader loader, ScoreSettings score, ScoringObserver observer, LongSupplier nanoTicker)
        implements VersionLoader<BatchedClassifier> {

    @Override
    public Set<String> roles() {
        return loader.roles();
    }

    @Override
    public Set<String> optionalRoles() {
        return loader.optionalRoles();
    }

    @Override
    public BatchedClassifier load(VersionRecord version, Map<String, Path> filesByRole) throws IOException {
        Classifier classifier = loader.load(version, filesByRole);
        ScoringQueue<Long> queue = ScoringQueue.start(
                version.model(),
                texts -> new VersionAnswer<>(version.version(), classifier.classify(texts)),
                score.limits(),
                observer,
                nanoTicker);
        return new BatchedClassifier(classifier, queue, score.patience());
    }
}
