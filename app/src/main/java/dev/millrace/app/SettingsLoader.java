package dev.millrace.app;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigValue;

/**
 * Gathers settings from several places and checks them all at once. What is added later wins. Not thread-safe.
 *
 * <pre>{@code
 * EffectiveSettings settings = new SettingsLoader()
 *         .file(Path.of("millrace.yaml"))
 *         .environment(System.getenv())
 *         .assignment("--set", "trainer.batch-size=16")
 *         .load();
 * }</pre>
 */
final class SettingsLoader {

    private static final String VARIABLE_PREFIX = "MILLRACE_";

    // Read by the launcher and by the logging, before any settings are.
    private static final Set<String> OTHER_VARIABLES =
            Set.of("MILLRACE_HOME", "MILLRACE_JAVA_OPTS", "MILLRACE_LOG_LEVEL", "MILLRACE_MAVEN_ARGS");

    private final ConfigDef table = SettingsTable.definition();
    private final KafkaClientKeys clientKeys = new KafkaClientKeys();
    private final Map<String, Given> given = new LinkedHashMap<>();
    private final List<String> problems = new ArrayList<>();

    /**
     * Adds one value.
     *
     * @param key of a setting
     * @param value as it would be written in the file
     * @param origin who says so, in words
     * @return this
     */
    SettingsLoader put(String key, String value, String origin) {
        boolean passedOn =
                key.startsWith(SettingsTable.KAFKA_CLIENT) && key.length() > SettingsTable.KAFKA_CLIENT.length();
        if (passedOn || table.names().contains(key) || JobKey.of(key).isPresent()) {
            given.put(key, new Given(value, origin));
        } else {
            String suggestion = (key.startsWith(JobKey.PREFIX)
                            ? jobKeyLike(key)
                            : Suggestion.nearest(key, table.names()))
                    .map(name -> "did you mean " + name + "?")
                    .orElse("\"millrace settings\" lists them");
            problems.add(origin + ": there is no setting " + key + "; " + suggestion);
        }
        return this;
    }

    /**
     * Forgets what is passed on to Kafka's clients, for a cluster that needs none of it.
     *
     * @return this
     */
    SettingsLoader withoutPassedOn() {
        given.keySet().removeIf(key -> key.startsWith(SettingsTable.KAFKA_CLIENT));
        return this;
    }

    /**
     * Adds what a YAML file says.
     *
     * @param file which one; a problem when it is missing
     * @return this
     */
    SettingsLoader file(Path file) {
        SettingsFile.read(file, problems).forEach((key, value) -> put(key, value.value(), value.origin()));
        return this;
    }

    /**
     * Adds what environment variables say: {@code MILLRACE_TRAINER_BATCH_SIZE} for {@code trainer.batch-size}.
     *
     * @param variables all of them; those that do not start with {@code MILLRACE_} are not looked at
     * @return this
     */
    SettingsLoader environment(Map<String, String> variables) {
        Map<String, String> keys = new TreeMap<>();
        clientKeys
                .names()
                .forEach(name ->
                        keys.put(variable(SettingsTable.KAFKA_CLIENT + name), SettingsTable.KAFKA_CLIENT + name));
        table.names().forEach(key -> keys.put(variable(key), key));
        new TreeMap<>(variables).forEach((name, value) -> {
            if (!name.startsWith(VARIABLE_PREFIX) || OTHER_VARIABLES.contains(name)) {
                return;
            }
            String key = keys.get(name);
            if (key == null) {
                String suggestion = Suggestion.nearest(name.substring(VARIABLE_PREFIX.length()), keys.values())
                        .map(other -> "did you mean " + variable(other) + "?")
                        .orElse("\"millrace settings\" lists the settings");
                problems.add("environment: " + name + " names no setting; " + suggestion);
            } else {
                put(key, value, "environment: " + name);
            }
        });
        return this;
    }

    /**
     * Adds a {@code key=value}.
     *
     * @param option that it was given to
     * @param assignment the text
     * @return this
     */
    SettingsLoader assignment(String option, String assignment) {
        int equals = assignment.indexOf('=');
        if (equals < 1) {
            problems.add("option " + option + ": must be key=value, but is \"" + assignment + "\"");
            return this;
        }
        return put(assignment.substring(0, equals).strip(), assignment.substring(equals + 1), "option " + option);
    }

    /**
     * Checks everything.
     *
     * @return the settings, and where each came from
     * @throws SettingsException with all problems, when there is any
     */
    EffectiveSettings load() {
        Map<String, String> texts = new LinkedHashMap<>();
        given.forEach((key, value) -> {
            if (table.names().contains(key)) {
                texts.put(key, value.value());
            }
        });
        List<String> found = new ArrayList<>(problems);
        check(texts, "", found);
        Map<String, Map<String, String>> jobs = jobs();
        jobs.forEach((model, own) -> check(own, JobKey.PREFIX + model + ".", found));
        if (found.isEmpty()) {
            Settings settings = Settings.of(table.parse(texts), clientProperties(), parsed(jobs, texts));
            found.addAll(settings.contradictions());
            found.addAll(jobsWithoutModel(settings));
            if (found.isEmpty()) {
                return new EffectiveSettings(settings, effective());
            }
        }
        throw new SettingsException(found);
    }

    /** Tells what values are not as they must be; the keys were given with a prefix. */
    private void check(Map<String, String> texts, String prefix, List<String> found) {
        Map<String, ConfigValue> checked = table.validateAll(texts);
        table.configKeys().forEach((key, row) -> {
            ConfigValue result = checked.get(key);
            Given value = given.get(prefix + key);
            if (value != null && result != null && !result.errorMessages().isEmpty()) {
                found.add("%s: %s must be %s, but is \"%s\""
                        .formatted(value.origin(), prefix + key, row.validator, value.value()));
            }
        });
    }

    /** What models have otherwise than the rest: by model, and by key. */
    private Map<String, Map<String, String>> jobs() {
        Map<String, Map<String, String>> jobs = new TreeMap<>();
        given.forEach((key, value) -> JobKey.of(key)
                .ifPresent(job -> jobs.computeIfAbsent(job.model(), model -> new TreeMap<>())
                        .put(job.key(), value.value())));
        return jobs;
    }

    private Map<String, Settings> parsed(Map<String, Map<String, String>> jobs, Map<String, String> general) {
        Map<String, Settings> parsed = new TreeMap<>();
        jobs.forEach((model, own) -> {
            Map<String, String> all = new LinkedHashMap<>(general);
            all.putAll(own);
            parsed.put(model, Settings.of(table.parse(all), clientProperties(), Map.of()));
        });
        return parsed;
    }

    private List<String> jobsWithoutModel(Settings settings) {
        List<String> found = new ArrayList<>();
        given.forEach((key, value) -> JobKey.of(key)
                .filter(job -> !settings.models().contains(job.model()))
                .ifPresent(job -> found.add(
                        value.origin() + ": " + key + " is of " + job.model() + ", which models does not name")));
        return found;
    }

    private static Optional<String> jobKeyLike(String written) {
        int group = Math.max(written.lastIndexOf("." + SettingsTable.TRAINER), written.lastIndexOf(".ingest."));
        return group < JobKey.PREFIX.length()
                ? Optional.empty()
                : Suggestion.nearest(written.substring(group + 1), JobKey.KEYS)
                        .map(key -> written.substring(0, group + 1) + key);
    }

    /** The environment variable that sets a setting. */
    static String variable(String key) {
        return VARIABLE_PREFIX + key.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    private Map<String, String> clientProperties() {
        Map<String, String> properties = new TreeMap<>();
        given.forEach((key, value) -> {
            if (key.startsWith(SettingsTable.KAFKA_CLIENT)) {
                properties.put(key.substring(SettingsTable.KAFKA_CLIENT.length()), value.value());
            }
        });
        return properties;
    }

    private List<EffectiveSettings.Entry> effective() {
        List<EffectiveSettings.Entry> entries = new ArrayList<>();
        table.configKeys().forEach((key, row) -> {
            Given value = given.getOrDefault(key, new Given(defaultText(row), "default"));
            boolean secret = row.type == ConfigDef.Type.PASSWORD;
            entries.add(new EffectiveSettings.Entry(
                    key, secret ? EffectiveSettings.HIDDEN : value.value(), value.origin()));
        });
        given.forEach((key, value) -> {
            if (JobKey.of(key).isPresent()) {
                entries.add(new EffectiveSettings.Entry(key, value.value(), value.origin()));
            }
            if (key.startsWith(SettingsTable.KAFKA_CLIENT)) {
                boolean secret = clientKeys.isSecret(key.substring(SettingsTable.KAFKA_CLIENT.length()));
                entries.add(new EffectiveSettings.Entry(
                        key, secret ? EffectiveSettings.HIDDEN : value.value(), value.origin()));
            }
        });
        return entries;
    }

    private static String defaultText(ConfigDef.ConfigKey row) {
        return ConfigDef.convertToString(row.defaultValue, row.type);
    }
}
