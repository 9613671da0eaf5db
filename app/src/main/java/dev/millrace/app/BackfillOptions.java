package dev.millrace.app;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options of {@code produce} that say which examples of a topic go to which model. */
final class BackfillOptions {

    /** A point in time, or how long ago it was. */
    interface Moment {

        Instant at(Instant now);

        /** Reads {@code 2026-11-01}, {@code 2026-11-01T12:00Z} or {@code 7d}. */
        final class Converter implements ITypeConverter<Moment> {

            @Override
            public Moment convert(String text) {
                try {
                    return of(text.strip());
                } catch (DateTimeException | IllegalArgumentException e) {
                    throw new TypeConversionException("must be a time with its zone such as 2026-11-01T12:00Z, a day in"
                            + " UTC such as 2026-11-01, or how long ago such as 7d, but is \"" + text + "\"");
                }
            }

            private static Moment of(String text) {
                if (text.contains("T") && Character.isDigit(text.charAt(0))) {
                    Instant time = OffsetDateTime.parse(text).toInstant();
                    return now -> time;
                }
                if (text.indexOf('-') > 0) {
                    Instant day =
                            LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
                    return now -> day;
                }
                var ago = DurationText.parse(text);
                if (ago.isNegative()) {
                    throw new IllegalArgumentException(text);
                }
                return now -> now.minus(ago);
            }
        }
    }

    @Option(
            names = "--from-topic",
            arity = "0..1",
            paramLabel = "TOPIC",
            fallbackValue = "",
            description =
                    "Send the examples of a topic again, to another model: of the ledger, or of one that is written"
                            + " like topics.examples. Default: the ledger.")
    private String topic = "";

    @Option(
            names = "--from-time",
            paramLabel = "TIME",
            converter = Moment.Converter.class,
            description =
                    "Only records of this time or later, by their timestamps: 2026-11-01, 2026-11-01T12:00Z, or 7d"
                            + " for seven days ago. Default: all.")
    private @Nullable Moment from;

    @Option(
            names = "--until-time",
            paramLabel = "TIME",
            converter = Moment.Converter.class,
            description = "Only records before this time. Default: all that are there when it begins.")
    private @Nullable Moment until;

    @Option(
            names = "--only-model",
            paramLabel = "MODEL",
            description = "Only examples of this model. Default: of all but the one that gets them.")
    private @Nullable String onlyModel;

    @Option(names = "--model", required = true, paramLabel = "MODEL", description = "The model that gets them.")
    private String model = "";

    /**
     * What is asked for.
     *
     * @param settings name the ledger and the models
     * @param now what durations are counted back from
     * @throws CommandException when it makes no sense
     */
    Backfill.Wanted wanted(Settings settings, Instant now) {
        LedgerControl.requireJob(settings, model);
        if (model.equals(onlyModel)) {
            throw new CommandException("--only-model and --model are both " + model
                    + ", which has these examples; name the model that is to get them in --model");
        }
        Instant first = from == null ? null : from.at(now);
        Instant end = until == null ? null : until.at(now);
        if (first != null && end != null && !first.isBefore(end)) {
            throw new CommandException(
                    "--from-time must be before --until-time, but they are " + first + " and " + end);
        }
        return new Backfill.Wanted(
                topic.isEmpty() ? settings.topics().trainingExamples() : topic, first, end, onlyModel, model);
    }
}
