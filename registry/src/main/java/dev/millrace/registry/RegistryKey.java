package dev.millrace.registry;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The key of a record in the registry's topic: {@code model/version} or {@code model@alias}.
 *
 * <p>Names are narrow so that a key can be read in one way only, and is safe in a path, a URL and a metric's label.
 */
sealed interface RegistryKey {

    /** What {@link ModelRegistry#resolve} takes for the newest version, and hence no alias may be called. */
    String LATEST = "latest";

    String NAME = "[A-Za-z0-9._-]{1,100}";

    Pattern NAME_PATTERN = Pattern.compile(NAME);
    Pattern NUMBER_PATTERN = Pattern.compile("[1-9][0-9]{0,17}");
    Pattern VERSION_PATTERN = Pattern.compile("(" + NAME + ")/(" + NUMBER_PATTERN + ")");
    Pattern ALIAS_PATTERN = Pattern.compile("(" + NAME + ")@(" + NAME + ")");

    String model();

    default byte[] bytes() {
        return toString().getBytes(StandardCharsets.UTF_8);
    }

    record VersionKey(String model, long version) implements RegistryKey {

        public VersionKey {
            requireName("model", model);
            if (!NUMBER_PATTERN.matcher(Long.toString(version)).matches()) {
                throw new RegistryFormatException("version must be between 1 and 10^18 - 1, but is " + version);
            }
        }

        @Override
        public String toString() {
            return model + "/" + version;
        }
    }

    record AliasKey(String model, String alias) implements RegistryKey {

        public AliasKey {
            requireName("model", model);
            requireName("alias", alias);
            if (alias.equals(LATEST) || alias.chars().allMatch(Character::isDigit)) {
                throw new RegistryFormatException("alias must not be '" + LATEST
                        + "' or a number, for these already name a version, but is '" + alias + "'");
            }
        }

        @Override
        public String toString() {
            return model + "@" + alias;
        }
    }

    static VersionKey of(VersionRecord version) {
        return new VersionKey(version.model(), version.version());
    }

    static AliasKey of(Alias alias) {
        return new AliasKey(alias.model(), alias.alias());
    }

    static RegistryKey parse(byte[] key) {
        String text = new String(key, StandardCharsets.UTF_8);
        Matcher version = VERSION_PATTERN.matcher(text);
        if (version.matches()) {
            return new VersionKey(version.group(1), Long.parseLong(version.group(2)));
        }
        Matcher alias = ALIAS_PATTERN.matcher(text);
        if (alias.matches()) {
            return new AliasKey(alias.group(1), alias.group(2));
        }
        throw new RegistryFormatException("the key is neither model/version nor model@alias, with names of " + NAME);
    }

    private static void requireName(String what, String name) {
        if (!NAME_PATTERN.matcher(name).matches()) {
            throw new RegistryFormatException(what + " must match " + NAME + ", but is '" + name + "'");
        }
    }
}
