package dev.millrace.app;

import java.util.List;
import java.util.Locale;
import org.apache.commons.text.WordUtils;
import org.apache.kafka.common.config.ConfigDef;

/** The reference of all settings, made from their table: a page in Markdown, and a list for a terminal. */
final class SettingsReference {

    private static final String TOP = """
            # Settings

            <!-- Made from the table of settings by: ./millrace settings --markdown > docs/settings.md -->

            A later place wins over an earlier one:

            1. the defaults below;
            2. the YAML file given to `-c`, or `millrace.yaml` in the current folder when there is one; nested maps and dotted keys mean the same, lists may be YAML lists or separated by commas;
            3. environment variables: `MILLRACE_` and the key in upper case, with `.` and `-` as `_`;
            4. options: `--set key=value`, as often as needed.

            All problems are reported at once, each with the place it came from, and nothing starts. Unknown keys and unknown `MILLRACE_` variables are problems. `./millrace settings --effective` shows what is in force and where it came from; secrets are never shown.

            A duration is a number with `ms`, `s`, `m`, `h` or `d`, or ISO-8601 such as `PT5M`.

            Four more variables are no settings: `MILLRACE_HOME` (where Millrace is installed, for the launcher), `MILLRACE_JAVA_OPTS` (options for the JVM), `MILLRACE_LOG_LEVEL` (`INFO`; of the log file) and `MILLRACE_MAVEN_ARGS` (options for the build that the launcher makes, such as `-Pbases` or `-Pgpu`; they hold until others are given, or none, as `MILLRACE_MAVEN_ARGS=`).
            """;

    private SettingsReference() {}

    static String markdown() {
        StringBuilder page = new StringBuilder(TOP);
        ConfigDef table = SettingsTable.definition();
        for (String group : table.groups()) {
            page.append("\n## ").append(group).append("\n\n");
            page.append("| key | default | must be | what it is |\n|---|---|---|---|\n");
            for (ConfigDef.ConfigKey row : rows(table, group)) {
                page.append("| `%s` | %s | %s | %s |\n"
                        .formatted(row.name, code(defaultText(row)), row.validator, row.documentation));
            }
            if (group.equals("Kafka")) {
                page.append("| `%s*` | | what Kafka says | %s |\n"
                        .formatted(SettingsTable.KAFKA_CLIENT, SettingsTable.KAFKA_CLIENT_TEXT));
            }
            if (group.equals(JobKey.GROUP)) {
                page.append("| `%s` | | as the general setting | %s |\n".formatted(JobKey.PATTERN, JobKey.TEXT));
            }
        }
        return page.toString();
    }

    static String plain() {
        StringBuilder list = new StringBuilder();
        ConfigDef table = SettingsTable.definition();
        for (String group : table.groups()) {
            list.append(group.toUpperCase(Locale.ROOT)).append('\n');
            for (ConfigDef.ConfigKey row : rows(table, group)) {
                String defaultText = defaultText(row);
                list.append("  %s (default: %s)%n".formatted(row.name, defaultText.isEmpty() ? "empty" : defaultText));
                append(list, row.documentation.replace("`", ""));
                append(list, "Must be " + row.validator + ".");
            }
            if (group.equals("Kafka")) {
                list.append("  %s*%n".formatted(SettingsTable.KAFKA_CLIENT));
                append(list, SettingsTable.KAFKA_CLIENT_TEXT.replace("`", ""));
            }
            if (group.equals(JobKey.GROUP)) {
                list.append("  %s%n".formatted(JobKey.PATTERN));
                append(list, JobKey.TEXT.replace("`", ""));
            }
            list.append('\n');
        }
        return list.toString();
    }

    private static void append(StringBuilder list, String text) {
        list.append(WordUtils.wrap(text, 92).indent(6));
    }

    private static List<ConfigDef.ConfigKey> rows(ConfigDef table, String group) {
        return table.configKeys().values().stream()
                .filter(row -> row.group.equals(group))
                .toList();
    }

    private static String defaultText(ConfigDef.ConfigKey row) {
        return ConfigDef.convertToString(row.defaultValue, row.type);
    }

    private static String code(String text) {
        return text.isEmpty() ? "empty" : "`" + text + "`";
    }
}
