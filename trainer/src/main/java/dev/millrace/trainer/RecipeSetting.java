package dev.millrace.trainer;

import java.time.DateTimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * One setting of learning: the row of a table from which reading, checks and the reference page are made.
 *
 * @param name in kebab case
 * @param kind what its value may be
 * @param standard the value where nobody says otherwise
 * @param absent what a recorded recipe meant that does not name it, for it was made before there was this setting
 * @param fixed whether it stays what it was for the life of a model, because the shape of the weights, or the meaning of
 *     a text, depends on it
 * @param text what it is, for people
 */
public record RecipeSetting(String name, Kind kind, String standard, String absent, boolean fixed, String text) {

    public RecipeSetting {
        kind.canonical(standard);
        kind.canonical(absent);
    }

    /** What the value of a setting may be. */
    public sealed interface Kind {

        /**
         * The value as it is recorded: equal values have equal texts.
         *
         * @param text as a person or a record gives it
         * @return the same value
         * @throws IllegalArgumentException when it is none of this kind
         */
        String canonical(String text);

        /** {@return the rule, in words that follow "must be"} */
        String rule();
    }

    /** Whole numbers between two bounds, both allowed. */
    public record Whole(long least, long most) implements Kind {

        @Override
        public String canonical(String text) {
            long value = Long.parseLong(text.strip());
            require(value >= least && value <= most);
            return Long.toString(value);
        }

        @Override
        public String rule() {
            return most == Long.MAX_VALUE || most == Integer.MAX_VALUE
                    ? "a whole number of at least " + least
                    : "a whole number from " + least + " to " + most;
        }
    }

    /** Numbers between two bounds, of which the lower may be excluded. */
    public record Real(double least, boolean aboveLeast, double most) implements Kind {

        static Real from(double least, double most) {
            return new Real(least, false, most);
        }

        static Real above(double least) {
            return new Real(least, true, Double.MAX_VALUE);
        }

        @Override
        public String canonical(String text) {
            double value = Double.parseDouble(text.strip());
            require(value >= least && value <= most && !(aboveLeast && value == least));
            return Double.toString(value);
        }

        @Override
        public String rule() {
            return aboveLeast
                    ? "a number above " + plain(least)
                    : "a number from " + plain(least) + " to " + plain(most);
        }

        private static String plain(double value) {
            return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
        }
    }

    /** One of some words. */
    public record Choice(List<String> words) implements Kind {

        public Choice {
            words = List.copyOf(words);
        }

        static Choice of(String... words) {
            return new Choice(List.of(words));
        }

        @Override
        public String canonical(String text) {
            require(words.contains(text.strip()));
            return text.strip();
        }

        @Override
        public String rule() {
            return "one of " + String.join(", ", words);
        }
    }

    /** Spans of time, in ISO-8601, of a millisecond or more. */
    public record Span() implements Kind {

        @Override
        public String canonical(String text) {
            try {
                Duration value = Duration.parse(text.strip());
                require(value.compareTo(Duration.ofMillis(1)) >= 0);
                return value.toString();
            } catch (DateTimeException e) {
                throw new IllegalArgumentException(text + " is no ISO-8601 duration", e);
            }
        }

        @Override
        public String rule() {
            return "a duration of at least 1ms";
        }
    }

    /** Numbers of elements, separated by commas; none at all is allowed. */
    public record Widths() implements Kind {

        @Override
        public String canonical(String text) {
            return read(text).stream().map(String::valueOf).collect(Collectors.joining(","));
        }

        static List<Integer> read(String text) {
            List<Integer> widths = new ArrayList<>();
            for (String width : text.isBlank() ? new String[0] : text.split(",", -1)) {
                int value = Integer.parseInt(width.strip());
                require(value >= 1 && value <= 65_536);
                widths.add(value);
            }
            return widths;
        }

        @Override
        public String rule() {
            return "widths from 1 to 65536, separated by commas, or empty";
        }
    }

    private static void require(boolean holds) {
        if (!holds) {
            throw new IllegalArgumentException("out of range");
        }
    }

    /** The value as it is recorded, or an error that names the setting and its rule. */
    String read(String given) {
        try {
            return kind.canonical(given);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(name + " must be " + kind.rule() + ", but is " + given, e);
        }
    }
}
