package dev.millrace.ingest;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.Month;
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
 * Reads and writes the time of an example.
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

    private static final String SECONDS = "0000-00-00T00:00:00";

    private static final int SECONDS_OF_DAY = 86_400;
    private static final long BEYOND_USUAL = LocalDate.of(10_000, 1, 1).toEpochDay() * SECONDS_OF_DAY;

    private ExampleTime() {}

    static Instant ofText(String text, Instant latest) throws Unfit {
        Instant time = parse(text.strip());
        if (isAdmitted(time, latest)) {
            return time;
        }
        throw new Unfit(new Rejection.TimeOutOfRange(Quote.of(text), latest));
    }

    static Instant ofMillis(String number, Instant latest) throws Unfit {
        double millis = Double.parseDouble(number);
        if (!(millis >= 0 && millis <= LATEST_EXACT_MILLIS)) {
            throw new Unfit(new Rejection.TimeOutOfRange(Quote.bare(number), latest));
        }
        Instant time = Instant.ofEpochMilli((long) millis);
        if (isAdmitted(time, latest)) {
            return time;
        }
        throw new Unfit(new Rejection.TimeOutOfRange(Quote.bare(number), latest));
    }

    private static boolean isAdmitted(Instant time, Instant latest) {
        return !time.isBefore(Instant.EPOCH) && !time.isAfter(latest);
    }

    /** As {@link Instant#toString}, sooner for years of four digits. */
    static String text(Instant time) {
        long seconds = time.getEpochSecond();
        if (seconds < 0 || seconds >= BEYOND_USUAL) {
            return time.toString();
        }
        LocalDate date = LocalDate.ofEpochDay(seconds / SECONDS_OF_DAY);
        int second = (int) (seconds % SECONDS_OF_DAY);
        int nanos = time.getNano();
        int decimals = nanos == 0 ? 0 : nanos % 1_000_000 == 0 ? 3 : nanos % 1_000 == 0 ? 6 : 9;
        byte[] text = (decimals == 0 ? SECONDS + 'Z' : SECONDS + '.' + "0".repeat(decimals) + 'Z')
                .getBytes(StandardCharsets.ISO_8859_1);
        put(text, 0, 4, date.getYear());
        put(text, 5, 7, date.getMonthValue());
        put(text, 8, 10, date.getDayOfMonth());
        put(text, 11, 13, second / 3600);
        put(text, 14, 16, second / 60 % 60);
        put(text, 17, 19, second % 60);
        put(text, SECONDS.length() + 1, text.length - 1, nanos / (int) Math.pow(10, 9 - decimals));
        return new String(text, StandardCharsets.ISO_8859_1);
    }

    private static void put(byte[] text, int from, int to, int number) {
        int rest = number;
        for (int i = to - 1; i >= from; i--) {
            text[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
    }

    private static Instant parse(String text) throws Unfit {
        Instant usual = usual(text);
        return usual == null ? parseAny(text) : usual;
    }

    /**
     * The forms that nearly all examples have, {@code 2026-11-24T10:00:00Z} and {@code 2026-11-24T10:00:00.120Z}, some
     * four times as fast; null for any other.
     */
    private static @Nullable Instant usual(String text) {
        int end = text.length() - 1;
        int digits = end - SECONDS.length() - 1;
        boolean whole = end == SECONDS.length();
        if (!(whole || (digits >= 1 && digits <= 9 && text.charAt(SECONDS.length()) == '.'))
                || text.charAt(end) != 'Z') {
            return null;
        }
        for (int i = 0; i < end; i++) {
            char c = text.charAt(i);
            char form = i < SECONDS.length() ? SECONDS.charAt(i) : '0';
            if (i != SECONDS.length() && (form == '0' ? c < '0' || c > '9' : c != form)) {
                return null;
            }
        }
        int month = number(text, 5, 7);
        int day = number(text, 8, 10);
        int hour = number(text, 11, 13);
        int minute = number(text, 14, 16);
        int second = number(text, 17, 19);
        if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) {
            return null;
        }
        // A 29th of February depends on the year, which the way for all forms knows.
        if (day < 1 || day > Month.of(month).minLength()) {
            return null;
        }
        long days = LocalDate.of(number(text, 0, 4), month, day).toEpochDay();
        long nanos = whole ? 0 : number(text, SECONDS.length() + 1, end) * (long) Math.pow(10, 9 - digits);
        return Instant.ofEpochSecond(((days * 24 + hour) * 60 + minute) * 60 + second, nanos);
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
