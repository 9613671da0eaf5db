package dev.millrace.registry;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The key of a record in the registry's topic: {@code model/version} or {@code model@alias}, or what is said of one of
 * them, such as {@code model@alias!pin}, or of the model, such as {@code model!job}.
 *
 * <p>Names are narrow so that a key can be read in one way only, and is safe in a path, a URL and a metric's label.
 */
sealed interface RegistryKey {

    /** What {@link ModelRegistry#resolve} takes for the newest version, and hence no alias may be called. */
    String LATEST = "latest";

    String NAME = "[A-Za-z0-9._-]{1,100}";

    Pattern NAME_PATTERN = Pattern.compile(NAME);
    Pattern NUMBER_PATTERN = Pattern.compile("[1-9][0-9]{0,17}");
    Pattern VERSION_PATTERN = Pattern.compile("(" + NAME + ")/(" + NUMBER_PATTERN + ")(!verdict|!retirement|)");
    Pattern JOB_PATTERN = Pattern.compile("(" + NAME + ")!job");
    Pattern ALIAS_PATTERN = Pattern.compile("(" + NAME + ")@(" + NAME + ")(!pin|)");
    Pattern SUCCESSOR_PATTERN = Pattern.compile("(" + NAME + ")!successor");

    String model();

    /** Reads the value that belongs under such a key. */
    RegistryEntry read(byte[] json);

    /** Puts an entry that {@link #read} gave in its place. */
    void put(ModelEntries entries, RegistryEntry entry);

    void remove(ModelEntries entries);

    default byte[] bytes() {
        return toString().getBytes(StandardCharsets.UTF_8);
    }

    record VersionKey(String model, long version) implements RegistryKey {

        public VersionKey {
            requireName("model", model);
            requireNumber(version);
        }

        @Override
        public RegistryEntry read(byte[] json) {
            return RegistryJson.readVersion(json);
        }

        @Override
        public void put(ModelEntries entries, RegistryEntry entry) {
            entries.versions.put(version, (VersionRecord) entry);
        }

        @Override
        public void remove(ModelEntries entries) {
            entries.versions.remove(version);
        }

        @Override
        public String toString() {
            return model + "/" + version;
        }
    }

    record VerdictKey(String model, long version) implements RegistryKey {

        public VerdictKey {
            requireName("model", model);
            requireNumber(version);
        }

        @Override
        public RegistryEntry read(byte[] json) {
            return RegistryJson.readVerdict(json);
        }

        @Override
        public void put(ModelEntries entries, RegistryEntry entry) {
            entries.verdicts.put(version, (Verdict) entry);
        }

        @Override
        public void remove(ModelEntries entries) {
            entries.verdicts.remove(version);
        }

        @Override
        public String toString() {
            return model + "/" + version + "!verdict";
        }
    }

    record RetirementKey(String model, long version) implements RegistryKey {

        public RetirementKey {
            requireName("model", model);
            requireNumber(version);
        }

        @Override
        public RegistryEntry read(byte[] json) {
            return RegistryJson.readRetirement(json);
        }

        @Override
        public void put(ModelEntries entries, RegistryEntry entry) {
            entries.retirements.put(version, (Retirement) entry);
        }

        @Override
        public void remove(ModelEntries entries) {
            entries.retirements.remove(version);
        }

        @Override
        public String toString() {
            return model + "/" + version + "!retirement";
        }
    }

    record AliasKey(String model, String alias) implements RegistryKey {

        public AliasKey {
            requireName("model", model);
            requireAlias(alias);
        }

        @Override
        public RegistryEntry read(byte[] json) {
            return RegistryJson.readAlias(json);
        }

        @Override
        public void put(ModelEntries entries, RegistryEntry entry) {
            entries.aliases.put(alias, (Alias) entry);
        }

        @Override
        public void remove(ModelEntries entries) {
            entries.aliases.remove(alias);
        }

        @Override
        public String toString() {
            return model + "@" + alias;
        }
    }

    record PinKey(String model, String alias) implements RegistryKey {

        public PinKey {
            requireName("model", model);
            requireAlias(alias);
        }

        @Override
        public RegistryEntry read(byte[] json) {
            return RegistryJson.readPin(json);
        }

        @Override
        public void put(ModelEntries entries, RegistryEntry entry) {
            entries.pins.put(alias, (Pin) entry);
        }

        @Override
        public void remove(ModelEntries entries) {
            entries.pins.remove(alias);
        }

        @Override
        public String toString() {
            return model + "@" + alias + "!pin";
        }
    }

    record JobKey(String model) implements RegistryKey {

        public JobKey {
            requireName("model", model);
        }

        @Override
        public RegistryEntry read(byte[] json) {
            return RegistryJson.readJob(json);
        }

        @Override
        public void put(ModelEntries entries, RegistryEntry entry) {
            entries.job = (JobRecord) entry;
        }

        @Override
        public void remove(ModelEntries entries) {
            entries.job = null;
        }

        @Override
        public String toString() {
            return model + "!job";
        }
    }

    record SuccessorKey(String model) implements RegistryKey {

        public SuccessorKey {
            requireName("model", model);
        }

        @Override
        public RegistryEntry read(byte[] json) {
            return RegistryJson.read("successor", json, Successor::read);
        }

        @Override
        public void put(ModelEntries entries, RegistryEntry entry) {
            entries.successor = (Successor) entry;
        }

        @Override
        public void remove(ModelEntries entries) {
            entries.successor = null;
        }

        @Override
        public String toString() {
            return model + "!successor";
        }
    }

    static RegistryKey of(RegistryEntry entry) {
        if (entry instanceof Successor successor) {
            return new SuccessorKey(successor.model());
        }
        if (entry instanceof VersionRecord version) {
            return new VersionKey(version.model(), version.version());
        }
        if (entry instanceof Alias alias) {
            return new AliasKey(alias.model(), alias.alias());
        }
        if (entry instanceof Pin pin) {
            return new PinKey(pin.model(), pin.alias());
        }
        if (entry instanceof Verdict verdict) {
            return new VerdictKey(verdict.model(), verdict.version());
        }
        if (entry instanceof JobRecord job) {
            return new JobKey(job.model());
        }
        Retirement retirement = (Retirement) entry;
        return new RetirementKey(retirement.model(), retirement.version());
    }

    static RegistryKey parse(byte[] key) {
        String text = new String(key, StandardCharsets.UTF_8);
        Matcher version = VERSION_PATTERN.matcher(text);
        if (version.matches()) {
            String model = version.group(1);
            long number = Long.parseLong(version.group(2));
            return switch (version.group(3)) {
                case "!verdict" -> new VerdictKey(model, number);
                case "!retirement" -> new RetirementKey(model, number);
                default -> new VersionKey(model, number);
            };
        }
        Matcher alias = ALIAS_PATTERN.matcher(text);
        if (alias.matches()) {
            return alias.group(3).isEmpty()
                    ? new AliasKey(alias.group(1), alias.group(2))
                    : new PinKey(alias.group(1), alias.group(2));
        }
        Matcher job = JOB_PATTERN.matcher(text);
        if (job.matches()) {
            return new JobKey(job.group(1));
        }
        Matcher successor = SUCCESSOR_PATTERN.matcher(text);
        if (successor.matches()) {
            return new SuccessorKey(successor.group(1));
        }
        throw new RegistryFormatException("the key is neither model/version nor model@alias, with names of " + NAME
                + ", nor one of these with !verdict, !retirement or !pin, nor model!job or model!successor");
    }

    private static void requireNumber(long version) {
        if (!NUMBER_PATTERN.matcher(Long.toString(version)).matches()) {
            throw new RegistryFormatException("version must be between 1 and 10^18 - 1, but is " + version);
        }
    }

    private static void requireAlias(String alias) {
        requireName("alias", alias);
        if (alias.equals(LATEST) || alias.chars().allMatch(Character::isDigit)) {
            throw new RegistryFormatException("alias must not be '" + LATEST
                    + "' or a number, for these already name a version, but is '" + alias + "'");
        }
    }

    private static void requireName(String what, String name) {
        if (!NAME_PATTERN.matcher(name).matches()) {
            throw new RegistryFormatException(what + " must match " + NAME + ", but is '" + name + "'");
        }
    }
}
