package dev.millrace.app.console;

import dev.millrace.app.console.Frame.Section;
import dev.millrace.app.console.Resubmissions.Resubmission;
import dev.millrace.app.console.Sending.Target;
import dev.millrace.ingest.DeadLetter;
import dev.millrace.ingest.ExampleProducer.Place;
import dev.millrace.ingest.Rejection;
import dev.millrace.registry.Problem;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.jspecify.annotations.Nullable;

/** The dead letters: what was refused and why, to be put right and sent again. */
final class DeadLettersPage {

    private static final int PAGE = 25;
    private static final int MOST_EDITED = 256 * 1024;
    private static final int MOST_DUMPED = 4 * 1024;

    /**
     * A part of the dead letters.
     *
     * @param frame around it
     * @param topic that they lie in
     * @param reason that all of them have, or an empty string
     * @param reasons that can be asked for
     * @param rows newest first
     * @param older where the next part begins, or null
     * @param lookedAt how many offsets were looked at
     * @param isNewest whether this is the newest part
     */
    record Listed(
            Frame frame,
            String topic,
            String reason,
            List<String> reasons,
            List<Row> rows,
            @Nullable String older,
            long lookedAt,
            boolean isNewest) {}

    /**
     * A dead letter in short.
     *
     * @param letter what it is
     * @param resubmission what was sent again instead, as far as this process knows; or null
     */
    record Row(Letter.Row letter, @Nullable Resubmission resubmission) {}

    /**
     * One dead letter.
     *
     * @param frame around it
     * @param letter itself
     * @param row the same in short
     * @param text its value, or null when it is no text or too long to be edited
     * @param hex the beginning of its value, or null when it is text
     * @param bytes of its value
     * @param target the topic that it is sent to again
     * @param isOfLedger whether it had been accepted already
     * @param resubmission as above
     * @param knownSince since when this process knows what was sent again
     * @param refusal why nobody may send anything here, or null
     */
    record One(
            Frame frame,
            Letter letter,
            Letter.Row row,
            @Nullable String text,
            @Nullable String hex,
            long bytes,
            String target,
            boolean isOfLedger,
            @Nullable Resubmission resubmission,
            Instant knownSince,
            @Nullable String refusal) {}

    /**
     * What the rules say of a text.
     *
     * @param rejection the first rule that it breaks, or null
     * @param topic it would be sent to
     */
    record Checked(@Nullable Rejection rejection, String topic) {}

    private final Pages pages;
    private final Writes writes;
    private final Letters letters;
    private final Sending sending;
    private final Clock clock;
    private final Resubmissions resubmissions;

    DeadLettersPage(Pages pages, Writes writes, Letters letters, Sending sending, Clock clock) {
        this.pages = pages;
        this.writes = writes;
        this.letters = letters;
        this.sending = sending;
        this.clock = clock;
        this.resubmissions = new Resubmissions(clock.instant());
    }

    void addTo(RoutesConfig routes) {
        String one = "/{partition}/{offset}";
        routes.get(Section.DEAD_LETTERS.path(), this::list);
        routes.get(Section.DEAD_LETTERS.path() + one, context -> show(context, read(context), "deadLetter"));
        routes.post("/console/dead-letters" + one + "/check", this::check);
        routes.post("/console/dead-letters" + one + "/resubmit", this::resubmit);
    }

    private void list(Context context) {
        pages.requireRead(context);
        String reason = Asked.query(context, "reason");
        String before = Asked.query(context, "before");
        Predicate<Letter> wanted =
                reason.isEmpty() ? letter -> true : letter -> letter.reason().equals(reason);
        Letters.Part part = letters.part(Letters.Cursor.parse(before), wanted, PAGE);
        List<Row> rows = part.rows().stream()
                .map(row -> new Row(
                        row, resubmissions.of(row.partition(), row.offset()).orElse(null)))
                .toList();
        TreeSet<String> reasons = new TreeSet<>();
        part.rows().forEach(row -> reasons.add(row.reason()));
        pages.render(
                context,
                "deadLetters",
                new Listed(
                        pages.frame(context, Section.DEAD_LETTERS, "Dead letters", ""),
                        letters.topic(),
                        reason,
                        List.copyOf(reasons),
                        rows,
                        part.older().map(Letters.Cursor::toString).orElse(null),
                        part.lookedAt(),
                        before.isEmpty()));
    }

    private Letter read(Context context) {
        pages.requireRead(context);
        long partition = Asked.number("the partition", context.pathParam("partition"));
        long offset = Asked.number("the offset", context.pathParam("offset"));
        return letters.at((int) Math.min(Integer.MAX_VALUE, partition), offset);
    }

    private void show(Context context, Letter letter, String template) {
        Letter.Row row = letter.row();
        byte[] value = letter.value();
        byte[] bytes = value == null ? new byte[0] : value;
        Optional<String> text = bytes.length > MOST_EDITED ? Optional.empty() : Bytes.text(bytes);
        Target target = sending.targetOf(letter.topic());
        pages.render(
                context,
                template,
                new One(
                        pages.frame(
                                context,
                                Section.DEAD_LETTERS,
                                "Dead letter " + row.partition() + "/" + row.offset(),
                                ""),
                        letter,
                        row,
                        text.orElse(null),
                        text.isPresent() ? null : Bytes.hex(bytes, MOST_DUMPED),
                        bytes.length,
                        sending.topic(target),
                        target == Target.EXAMPLES && !letter.topic().equals(sending.topic(target)),
                        resubmissions.of(row.partition(), row.offset()).orElse(null),
                        resubmissions.since(),
                        writes.refusal(context).orElse(null)));
    }

    private void check(Context context) {
        Letter letter = read(context);
        Target target = sending.targetOf(letter.topic());
        Rejection rejection = sending.objection(target, json(context), letter.ownHeaders(), timestamp(letter))
                .orElse(null);
        pages.render(context, "deadLetterCheck", new Checked(rejection, sending.topic(target)));
    }

    private void resubmit(Context context) {
        writes.require(context);
        Letter letter = read(context);
        Letter.Row row = letter.row();
        List<Header> headers = new ArrayList<>(letter.ownHeaders());
        String from = letters.topic() + "-" + row.partition() + "-" + row.offset();
        headers.add(new RecordHeader(DeadLetter.RESUBMITTED_FROM, from.getBytes(StandardCharsets.UTF_8)));
        Place place = sending.send(
                sending.targetOf(letter.topic()), letter.record().key(), json(context), headers, timestamp(letter));
        resubmissions.add(row.partition(), row.offset(), new Resubmission(place, clock.instant()));
        Writes.told(
                context,
                "Sent to " + place.topic() + ", partition " + place.partition() + ", offset " + place.offset() + ".");
        show(context, letter, "deadLetterFix");
    }

    private static byte[] json(Context context) {
        String json = Asked.form(context, "json");
        if (json.isBlank()) {
            throw new Problem(422, "there is nothing to send");
        }
        return json.getBytes(StandardCharsets.UTF_8);
    }

    /** The record's own time, where it can be one: what has no time of its own in its JSON came to be then. */
    private long timestamp(Letter letter) {
        Instant now = clock.instant();
        Instant said = letter.originTime();
        return (said == null || said.isAfter(now) ? now : said).toEpochMilli();
    }
}
