package dev.millrace.app;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * How many a second.
 *
 * @param perSecond above 0 and finite
 */
record Rate(double perSecond) {

    private static final Pattern TEXT = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})?)\\s*(?:/\\s*s)?");

    /** Reads {@code 100/s} or {@code 100}. */
    static final class Converter implements ITypeConverter<Rate> {

        @Override
        public Rate convert(String text) {
            Matcher matcher = TEXT.matcher(text.strip());
            double perSecond = matcher.matches() ? Double.parseDouble(matcher.group(1)) : 0;
            if (perSecond <= 0) {
                throw new TypeConversionException("must be a number above 0, such as 100/s, but is \"" + text + "\"");
            }
            return new Rate(perSecond);
        }
    }
}
