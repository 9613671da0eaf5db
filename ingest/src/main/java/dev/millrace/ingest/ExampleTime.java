package dev.millrace.ingest;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.format.SignStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.TemporalAccessor;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads the time of an example.
 *
 * <p>Admitted are ISO-8601 with an offset ({@code 2026-11-24T10:00:00Z}), without one (taken as UTC), a date alone (its
 * first moment in UTC), a space in the place of the T, and milliseconds since 1970. A year of five digits is read, so that
 * it is refused as out of range rather than as unreadable.
 */
final class ExampleTime {

    private static final DateTimeFormatter ISO = new DateTimeFormatterBuilder()
            .parseCaseInsensitive()
            .parseLenient()
            .appendValue(ChronoField.YEAR, 4, 9, SignStyle.NORMAL)
            .parseStrict()
            .appendPattern("-MM-dd")
            .optionalStart()
            .appendLiteral('T')
            .append(DateTimeFormatter.ISO_LOCAL_TIME)
            .optionalStart()
            .appendOffsetId()
            .toFormatter(Locale.ROOT)
            .withResolverStyle(ResolverStyle.STRICT);

    /** Up to here a double holds every whole number; it lies far beyond any time that is admitted. */
    private static final double LATEST_EXACT_MILLIS = 0x1p53;

    private static final String USUAL = "0000-00-00T00:00:00Z";

    private ExampleTime() {}

    static Instant ofText(String text, Instant latest) throws Unfit {
        return within(parse(text.strip()), Quote.of(text), latest);
    }

    static Instant ofMillis(String number, Instant latest) throws Unfit {
        double millis = Double.parseDouble(number);
        if (!(millis >= 0 && millis <= LATEST_EXACT_MILLIS)) {
            throw new Unfit(new Rejection.TimeOutOfRange(Quote.bare(number), latest));
        }
        return within(Instant.ofEpochMilli((long) millis), Quote.bare(number), latest);
    }

    private static Instant within(Instant time, String shown, Instant latest) throws Unfit {
        if (time.isBefore(Instant.EPOCH) || time.isAfter(latest)) {
            throw new Unfit(new Rejection.TimeOutOfRange(shown, latest));
        }
        return time;
    }

    private static Instant parse(String text) throws Unfit {
        Instant usual = usual(text);
        return usual == null ? parseAny(text) : usual;
    }

    /** The form that nearly all examples have, {@code 2026-11-24T10:00:00Z}, some four times as fast; null for any other. */
    private static @Nullable Instant usual(String text) {
        if (text.length() != USUAL.length()) {
            return null;
        }
        for (int i = 0; i < USUAL.length(); i++) {
            char c = text.charAt(i);
            char form = USUAL.charAt(i);
            if (form == '0' ? c < '0' || c > '9' : c != form) {
                return null;
            }
        }
        int month = number(text, 5, 7);
        int day = number(text, 8, 10);
        int hour = number(text, 11, 13);
        int minute = number(text, 14, 16);
        int second = number(text, 17, 19);
        // From the 29th on it depends on the month, which the way for all forms knows.
        if (month < 1 || month > 12 || day < 1 || day > 28 || hour > 23 || minute > 59 || second > 59) {
            return null;
        }
        long days = LocalDate.of(number(text, 0, 4), month, day).toEpochDay();
        return Instant.ofEpochSecond(((days * 24 + hour) * 60 + minute) * 60 + second);
    }

    private static int number(String digits, int from, int to) {
        int number = 0;
        for (int i = from; i < to; i++) {
            number = number * 10 + digits.charAt(i) - '0';
        }
        return number;
    }

    private static Instant parseAny(String text) throws Unfit {
        int separator = text.indexOf(' ');
        String iso = separator < 0 ? text : text.substring(0, separator) + 'T' + text.substring(separator + 1);
        try {
            TemporalAccessor parsed = ISO.parseBest(iso, OffsetDateTime::from, LocalDateTime::from, LocalDate::from);
            if (parsed instanceof OffsetDateTime moment) {
                return moment.toInstant();
            }
            LocalDateTime local = parsed instanceof LocalDateTime dateTime
                    ? dateTime
                    : LocalDate.from(parsed).atStartOfDay();
            return local.toInstant(ZoneOffset.UTC);
        } catch (DateTimeException e) {
            throw new Unfit(new Rejection.TimeInvalid(Quote.of(text)));
        }
    }
}
