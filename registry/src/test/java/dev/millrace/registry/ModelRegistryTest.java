package dev.millrace.registry;

import static dev.millrace.registry.Examples.alias;
import static dev.millrace.registry.Examples.champion;
import static dev.millrace.registry.Examples.version;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelRegistryTest {

    @Test
    void knowsNothingAtFirst() {
        ModelRegistry empty = ModelRegistry.empty();
        assertThat(empty.models()).isEmpty();
        assertThat(empty.versions("m")).isEmpty();
        assertThat(empty.latest("m")).isEmpty();
        assertThat(empty.aliases("m")).isEmpty();
        assertThat(empty.resolve("m", "champion")).isEmpty();
        assertThat(empty.problems()).isEmpty();
    }

    @Test
    void foldsVersionsAndAliases() {
        ModelRegistry registry = fold(
                entry(version("m", 10)),
                entry(version("m", 9)),
                entry(version("other", 1)),
                entry(champion("m", 9)),
                entry(alias("m", "canary", 10)),
                entry(champion("m", 10)),
                entry(champion("aliased-only", 1)));

        assertThat(registry.models()).containsExactly("aliased-only", "m", "other");
        assertThat(registry.versions("m")).containsExactly(version("m", 9), version("m", 10));
        assertThat(registry.latest("m")).contains(version("m", 10));
        assertThat(registry.version("m", 9)).contains(version("m", 9));
        assertThat(registry.version("m", 8)).isEmpty();
        assertThat(registry.alias("m", "champion")).contains(champion("m", 10));
        assertThat(registry.aliases("m")).extracting(Alias::alias).containsExactly("canary", "champion");
    }

    @Test
    void resolvesNames() {
        ModelRegistry registry = fold(
                entry(version("m", 1)), entry(version("m", 2)), entry(champion("m", 1)), entry(alias("m", "lost", 7)));

        assertThat(registry.resolve("m", "champion")).contains(version("m", 1));
        assertThat(registry.resolve("m", "latest")).contains(version("m", 2));
        assertThat(registry.resolve("m", "2")).contains(version("m", 2));
        assertThat(registry.resolve("m", "3")).isEmpty();
        assertThat(registry.resolve("m", "lost")).isEmpty();
        assertThat(registry.resolve("m", "99999999999999999999")).isEmpty();
    }

    @Test
    void aPinComesBeforeWhereItsAliasPoints() {
        Pin pin = new Pin("m", "champion", 1, 2L, Examples.TIME, "test", "because");
        ModelRegistry registry =
                fold(entry(version("m", 1)), entry(version("m", 2)), entry(champion("m", 2)), entry(pin));

        assertThat(registry.resolve("m", "champion")).contains(version("m", 1));
        assertThat(registry.target("m", "champion")).hasValue(1);
        assertThat(registry.with(4, utf8("m@champion!pin"), null).resolve("m", "champion"))
                .contains(version("m", 2));
        assertThat(registry.with(4, utf8("m@champion"), null).resolve("m", "champion"))
                .contains(version("m", 1));
    }

    @Test
    void removesWhatATombstoneNames() {
        ModelRegistry registry = fold(entry(version("m", 1)), entry(version("m", 2)), entry(champion("m", 2)));

        ModelRegistry without = registry.with(3, utf8("m/2"), null).with(4, utf8("m@champion"), null);

        assertThat(without.latest("m")).contains(version("m", 1));
        assertThat(without.aliases("m")).isEmpty();
        assertThat(without.with(5, utf8("m/1"), null)).isEqualTo(ModelRegistry.empty());
        assertThat(registry.resolve("m", "champion")).as("the view before").contains(version("m", 2));
    }

    @Test
    void collectsWhatCannotBeReadAndGoesOn() {
        ModelRegistry registry = fold(
                new Entry(null, utf8("{}")),
                new Entry(utf8("no key of ours"), utf8("{}")),
                new Entry(utf8("m/1"), utf8("not json")),
                new Entry(utf8("m/3"), RegistryJson.write(version("m", 4))),
                new Entry(utf8("m@champion"), RegistryJson.write(version("m", 4))),
                entry(version("m", 2)));

        assertThat(registry.versions("m")).containsExactly(version("m", 2));
        assertThat(registry.problems())
                .extracting(ModelRegistry.Problem::offset)
                .containsExactly(0L, 1L, 2L, 3L, 4L);
        assertThat(registry.problems().get(3).toString()).contains("m/3", "the value is that of 'm/4'");
        assertThat(registry.problems().get(4).toString()).contains("'alias' must be a string, but is missing");

        ModelRegistry mended = registry.with(6, utf8("m/1"), RegistryJson.write(version("m", 1)));
        assertThat(mended.versions("m")).hasSize(2);
        assertThat(mended.problems()).hasSize(4);
    }

    /** Compaction may leave any prefix of a key's values out, at any time, and nobody must see a difference. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5})
    void looksTheSameAfterCompaction(int seed) {
        Random random = new Random(seed);
        List<Entry> all = new ArrayList<>();
        Map<String, Integer> last = new LinkedHashMap<>();
        for (int i = 0; i < 200; i++) {
            long number = random.nextLong(1, 6);
            Entry entry = switch (random.nextInt(9)) {
                case 0 -> new Entry(utf8("m/" + number), null);
                case 1 -> new Entry(utf8("m/" + number), utf8("broken " + i));
                case 2 -> entry(version("m", number, artifact(i)));
                case 3 -> entry(new Pin("m", "a" + number, number, null, Examples.TIME, "test", "step " + i));
                case 4 -> entry(new Verdict("m", number, null, List.of(), Examples.TIME, "step " + i));
                case 5 -> entry(new Retirement("m", number, Examples.TIME, "test", "step " + i));
                case 6 -> entry(new Successor("m", "n" + number, Examples.TIME, "test", "step " + i));
                case 7 -> new Entry(utf8("m!successor"), null);
                default -> entry(alias("m", "a" + number, random.nextLong(1, 6)));
            };
            last.put(new String(Objects.requireNonNull(entry.key), StandardCharsets.UTF_8), i);
            all.add(entry);
        }
        RegistryFold whole = new RegistryFold();
        RegistryFold compacted = new RegistryFold();
        for (int i = 0; i < all.size(); i++) {
            whole.apply(i, all.get(i).key, all.get(i).value);
            if (last.containsValue(i)) {
                compacted.apply(i, all.get(i).key, all.get(i).value);
            }
        }
        assertThat(compacted.view()).isEqualTo(whole.view());
        assertThat(whole.view().aliases("m")).isNotEmpty();
    }

    private static final class Entry {
        final byte @Nullable [] key;
        final byte @Nullable [] value;

        Entry(byte @Nullable [] key, byte @Nullable [] value) {
            this.key = key;
            this.value = value;
        }
    }

    private static Entry entry(RegistryEntry entry) {
        return new Entry(RegistryKey.of(entry).bytes(), RegistryJson.write(entry));
    }

    private static Artifact artifact(int number) {
        return new Artifact("weights", number, "%064x".formatted(number), "x");
    }

    private static ModelRegistry fold(Entry... entries) {
        ModelRegistry registry = ModelRegistry.empty();
        for (int offset = 0; offset < entries.length; offset++) {
            registry = registry.with(offset, entries[offset].key, entries[offset].value);
        }
        return registry;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
