package dev.millrace.app;

import java.util.List;
import org.slf4j.Logger;

/**
 * Settings, and where each of them came from.
 *
 * @param settings typed and checked
 * @param entries every setting as text, in the order of the reference page; secrets hidden
 */
record EffectiveSettings(Settings settings, List<Entry> entries) {

    /** What is shown instead of a secret. */
    static final String HIDDEN = "[hidden]";

    /**
     * One setting as text.
     *
     * @param key its name
     * @param value as it was written, or {@link #HIDDEN}
     * @param origin who said so
     */
    record Entry(String key, String value, String origin) {}

    EffectiveSettings {
        entries = List.copyOf(entries);
    }

    /**
     * Writes all entries to a log, a line each.
     *
     * @param log where to
     */
    void logTo(Logger log) {
        log.info("The effective settings are:");
        entries.forEach(entry -> log.info("  {} = {}  ({})", entry.key(), entry.value(), entry.origin()));
    }
}
