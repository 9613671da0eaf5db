package dev.millrace.app;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Values of settings, with the types that the rows of {@link SettingsTable} promise.
 *
 * @param parsed by key
 */
record SettingValues(Map<String, Object> parsed) {

    Object get(String key) {
        Object value = parsed.get(key);
        if (value == null) {
            throw new IllegalStateException("the table has no row " + key);
        }
        return value;
    }

    String text(String key) {
        return (String) get(key);
    }

    @Nullable Path optionalPath(String key) {
        return text(key).isBlank() ? null : Path.of(text(key));
    }

    List<String> texts(String key) {
        return ((List<?>) get(key)).stream().map(String.class::cast).toList();
    }

    long whole(String key) {
        return ((Number) get(key)).longValue();
    }

    double real(String key) {
        return ((Number) get(key)).doubleValue();
    }

    Duration duration(String key) {
        return DurationText.parse(text(key));
    }
}
