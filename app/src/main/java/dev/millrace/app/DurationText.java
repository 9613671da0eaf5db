package dev.millrace.app;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as people write them: {@code 500ms}, {@code 5s}, {@code 10m}, {@code 12h}, {@code 7d}, or ISO-8601. */
final class DurationText {

    private static final Pattern SHORT = Pattern.compile("(\\d{1,18})\\s*(ms|s|m|h|d)");

    private static final Map<String, ChronoUnit> UNITS = Map.of(
            "ms", ChronoUnit.MILLIS,
            "s", ChronoUnit.SECONDS,
            "m", ChronoUnit.MINUTES,
            "h", ChronoUnit.HOURS,
            "d", ChronoUnit.DAYS);

    private DurationText() {}

    /**
     * Reads a duration.
     *
     * @param text such as {@code 5s} or {@code PT5S}
     * @return the duration, which may be negative when ISO-8601 says so
     * @throws IllegalArgumentException when the text is neither form, or is out of range
     */
    static Duration parse(String text) {
        Matcher matcher = SHORT.matcher(text.strip());
        try {
            if (matcher.matches()) {
                ChronoUnit unit = UNITS.getOrDefault(matcher.group(2), ChronoUnit.FOREVER);
                return inMillis(Duration.of(Long.parseLong(matcher.group(1)), unit));
            }
            return inMillis(Duration.parse(text.strip()));
        } catch (DateTimeParseException | ArithmeticException e) {
            throw new IllegalArgumentException(
                    "\"" + text + "\" is no duration such as 500ms, 5s, 10m, 12h, 7d or PT5M", e);
        }
    }

    /** Refuses, by an exception of arithmetic, what Kafka's and the JVM's milliseconds cannot hold. */
    private static Duration inMillis(Duration duration) {
        return Duration.ofMillis(duration.toMillis());
    }

    /**
     * The shortest way to write a duration that {@link #parse} reads back.
     *
     * @param duration of whole milliseconds, not negative
     * @return such as {@code 5m}
     */
    static String format(Duration duration) {
        long millis = duration.toMillis();
        for (Unit unit : List.of(
                new Unit("d", ChronoUnit.DAYS),
                new Unit("h", ChronoUnit.HOURS),
                new Unit("m", ChronoUnit.MINUTES),
                new Unit("s", ChronoUnit.SECONDS))) {
            long size = unit.unit.getDuration().toMillis();
            if (millis >= size && millis % size == 0) {
                return millis / size + unit.name;
            }
        }
        return millis + "ms";
    }

    private record Unit(String name, ChronoUnit unit) {}
}
