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
