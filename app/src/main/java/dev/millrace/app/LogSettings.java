package dev.millrace.app;

import static org.apache.kafka.common.config.ConfigDef.Type.STRING;

/**
 * The log.
 *
 * @param json whether a line is a JSON object rather than text
 * @param everything whether the console gets all that the file gets, rather than warnings of Millrace alone
 */
record LogSettings(boolean json, boolean everything) {

    /** Of the file and the console. */
    static final String FORMAT = "log.format";

    /** How much the console gets. */
    static final String CONSOLE = "log.console";

    static LogSettings of(SettingValues values) {
        return new LogSettings(
                values.text(FORMAT).equals("json"), values.text(CONSOLE).equals("all"));
    }

    static void addRows(SettingsTable.Group group) {
        group.row(
                FORMAT,
                STRING,
                "text",
                Rule.oneOf("text", "json"),
                "How `run`, `broker` and `quickstart` write an event to the log file and to standard error: a line of text, which an exception's stack trace follows, or a JSON object on a line of its own, stack trace included. `docs/operating.md` has the fields.");
        group.row(
                CONSOLE,
                STRING,
                "warnings",
                Rule.oneOf("warnings", "all"),
                "What of the log standard error gets beside the file: warnings of Millrace alone, or everything, as is right in a container.");
    }
}
