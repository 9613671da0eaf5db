package dev.millrace.trainer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.millrace.registry.Artifact;
import dev.millrace.registry.ArtifactStore;
import dev.millrace.registry.ModelRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;

class SupersededStatesTest {

    /** Writes down what is deleted, after it has failed as often as it should. */
    private static final class Deletions implements ArtifactStore {

        private final List<String> deleted = new ArrayList<>();
        private int failures;

        @Override
        public Artifact put(String role, Content content) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Path fetch(Artifact artifact) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void delete(Artifact artifact) throws IOException {
            if (failures-- > 0) {
                throw new IOException("the disk is gone");
            }
            deleted.add(artifact.sha256());
        }
    }

    private final Deletions store = new Deletions();

    @Test
    void deletesEachStateOnce() {
        SupersededStates states = new SupersededStates(store, () -> versions(4), 2);
        states.deleteOf("support");
        states.deleteOf("support");

        assertThat(store.deleted).containsExactly(sha256('a', 1), sha256('a', 2));
    }

    @Test
    void triesAgainAfterTheNextVersionWhatCouldNotBeDeleted() {
        store.failures = 1;
        SupersededStates states = new SupersededStates(store, () -> versions(4), 2);
        states.deleteOf("support");
        assertThat(store.deleted).isEmpty();

        states.deleteOf("support");
        assertThat(store.deleted).containsExactly(sha256('a', 1), sha256('a', 2));
    }

    @Test
    void letsTrainingGoOnWhenTheRegistryDoesNotAnswer() {
        List<Supplier<ModelRegistry>> answers = new ArrayList<>(List.of(
                () -> {
                    throw new TimeoutException("no answer");
                },
                () -> versions(3)));
        SupersededStates states =
                new SupersededStates(store, () -> answers.remove(0).get(), 1);
        states.deleteOf("support");
        assertThat(store.deleted).isEmpty();

        states.deleteOf("support");
        assertThat(store.deleted).containsExactly(sha256('a', 1), sha256('a', 2));
    }

    /** Versions 1 to {@code count}, each with a state and weights of its own. */
    private static ModelRegistry versions(int count) {
        ModelRegistry registry = ModelRegistry.empty();
        for (int version = 1; version <= count; version++) {
            String json = """
                    {"schema": 1, "model": "support", "version": %d, "time": "2025-11-24T10:00:00Z", "parent": %s,
                     "base": "tiny", "labels": ["a"], "examples": 1, "steps": 1, "newestExample": null,
                     "artifacts": [{"role": "weights", "size": 1, "sha256": "%s", "uri": "w"},
                                   {"role": "training-state", "size": 1, "sha256": "%s", "uri": "s"}],
                     "position": {"topic": "t", "partition": 0, "nextOffset": 1},
                     "settings": {}, "settingsSha256": "", "metrics": {}, "runtime": {}}
                    """.formatted(
                            version, version == 1 ? null : version - 1, sha256('f', version), sha256('a', version));
            registry = registry.with(
                    version,
                    ("support/" + version).getBytes(StandardCharsets.UTF_8),
                    json.getBytes(StandardCharsets.UTF_8));
        }
        assertThat(registry.problems()).isEmpty();
        assertThat(registry.versions("support")).hasSize(count);
        return registry;
    }

    private static String sha256(char kind, int version) {
        return Character.toString(kind).repeat(63) + version;
    }
}
