package dev.millrace.app;

import dev.millrace.registry.Artifact;
import dev.millrace.registry.FolderArtifactStore;
import dev.millrace.registry.ModelRegistry;
import dev.millrace.registry.Retention;
import dev.millrace.registry.VersionRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Looks at the versions of one model as a stranger would who trusts nothing but the registry and the files. */
final class VersionAudit {

    private final String model;
    private final Path store;
    private final int keptTrainingStates;

    VersionAudit(Settings settings) {
        this(settings, settings.models().get(0));
    }

    VersionAudit(Settings settings, String model) {
        this.model = model;
        this.store = settings.registry().store();
        this.keptTrainingStates = settings.trainer().keepTrainingStates();
    }

    /**
     * Reads every file of every version through a store that was opened just now, so nothing is remembered. Training
     * states that newer versions have superseded are left out, for they are deleted.
     *
     * @param registry what there is
     * @return why a version does not verify, by its number; empty when all do
     */
    Map<Long, String> unverified(ModelRegistry registry) {
        Map<Long, String> unverified = new TreeMap<>();
        Set<String> superseded = Retention.superseded(registry, model, keptTrainingStates).stream()
                .map(Artifact::sha256)
                .collect(Collectors.toSet());
        try {
            FolderArtifactStore fresh = FolderArtifactStore.open(store);
            for (VersionRecord version : registry.versions(model)) {
                for (Artifact artifact : version.artifacts()) {
                    if (!superseded.contains(artifact.sha256())) {
                        verify(fresh, version, artifact, unverified);
                    }
                }
            }
        } catch (IOException e) {
            throw new CommandException("cannot open the artifact store " + store + ": " + e.getMessage(), e);
        }
        return unverified;
    }

    private static void verify(
            FolderArtifactStore fresh, VersionRecord version, Artifact artifact, Map<Long, String> unverified) {
        try {
            fresh.fetch(artifact);
        } catch (IOException e) {
            unverified.put(version.version(), String.valueOf(e.getMessage()));
        }
    }

    /**
     * The digest of all that was learned: a line for each version, with its number, examples, steps, labels, and role
     * and SHA-256 of each of its files.
     *
     * @param registry what there is
     * @return SHA-256 in hexadecimal
     */
    String digest(ModelRegistry registry) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            for (VersionRecord version : registry.versions(model)) {
                sha256.update((line(version) + "\n").getBytes(StandardCharsets.UTF_8));
            }
            return HexFormat.of().formatHex(sha256.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static String line(VersionRecord version) {
        return version.version() + " " + content(version);
    }

    /** What a version is, whatever its number: its examples, steps, labels, and role and SHA-256 of each of its files. */
    static String content(VersionRecord version) {
        return version.examples() + " " + version.steps() + " " + version.labels() + " "
                + version.artifacts().stream()
                        .map(artifact -> artifact.role() + "=" + artifact.sha256())
                        .collect(Collectors.joining(" "));
    }

    /** {@return the line of each version, to be compared with those of another run} */
    List<String> lines(ModelRegistry registry) {
        return registry.versions(model).stream().map(VersionAudit::line).toList();
    }

    /** {@return how many files writers that died have left beside} */
    long leftovers() {
        try (Stream<Path> left = Files.list(store.resolve("tmp"))) {
            return left.count();
        } catch (IOException e) {
            return 0;
        }
    }
}
