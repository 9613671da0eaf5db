package dev.millrace.app;

import dev.millrace.model.Classifier;
import dev.millrace.model.Compute;
import dev.millrace.registry.VersionLoader;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/** Makes a classifier of a version's files. Before it serves it has answered once, so the first caller does not wait. */
record ModelLoader(Compute compute) implements VersionLoader<Classifier> {

    @Override
    public Set<String> roles() {
        return Classifier.ROLES;
    }

    @Override
    public Set<String> optionalRoles() {
        return Classifier.OPTIONAL_ROLES;
    }

    @Override
    public Classifier load(VersionRecord version, Map<String, Path> filesByRole) throws IOException {
        Classifier classifier = Classifier.load(filesByRole, compute);
        if (!classifier.labels().equals(version.labels())) {
            classifier.close();
            throw new IOException("version " + version.version() + " of " + version.model() + " says it answers "
                    + version.labels() + ", but its weights answer " + classifier.labels());
        }
        classifier.classify(version.labels().subList(0, 1));
        return classifier;
    }
}
