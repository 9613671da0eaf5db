package dev.millrace.app;

import dev.millrace.ingest.FieldPath;
import dev.millrace.model.PublishedEncoder;
import dev.millrace.model.RandomEncoder;
import dev.millrace.registry.S3Location;
import dev.millrace.trainer.RecipeSetting;
import java.io.File;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * What a setting's value must be, in words that follow "must be", and as a check.
 *
 * @param text such as {@code a whole number from 1 to 100}
 * @param holds whether a parsed value obeys
 */
record Rule(String text, Predicate<Object> holds) implements ConfigDef.Validator {

    private static final int LONGEST_TOPIC = 249;
    private static final Pattern TOPIC_CHARACTERS = Pattern.compile("[A-Za-z0-9._-]*");
    /** What the location of a store in S3 starts with. */
    static final String S3 = "s3:";

    private static final Pattern ENDPOINT = Pattern.compile("(https?://[A-Za-z0-9.-]+(:\\d{1,5})?/?)?");
    private static final Pattern URL = Pattern.compile("(https?://[A-Za-z0-9.-]+(:\\d{1,5})?(/[A-Za-z0-9._~/-]*)?)?");
    private static final Pattern REGION = Pattern.compile("[a-z0-9-]*");
    private static final Pattern MODEL = Pattern.compile("[A-Za-z0-9._-]{1,100}");

    static Rule whole(long least, long most) {
        String range = most == Integer.MAX_VALUE || most == Long.MAX_VALUE
                ? "of at least " + least
                : "from " + least + " to " + most;
        return new Rule(
                "a whole number " + range,
                value -> ((Number) value).longValue() >= least && ((Number) value).longValue() <= most);
    }

    static Rule real(double least, double most) {
        return new Rule(
                "a number from " + least + " to " + most,
                value -> ((Number) value).doubleValue() >= least && ((Number) value).doubleValue() <= most);
    }

    static Rule replication() {
        return new Rule(
                "a whole number of at least 1, or -1 for the broker's own default",
                value -> ((Number) value).longValue() == -1 || ((Number) value).longValue() >= 1);
    }

    static Rule of(RecipeSetting.Kind kind) {
        return new Rule(kind.rule(), value -> {
            try {
                kind.canonical((String) value);
                return true;
            } catch (IllegalArgumentException e) {
                return false;
            }
        });
    }

    static Rule duration(Duration least) {
        return new Rule(
                "a duration of at least " + DurationText.format(least) + ", such as 500ms, 5s, 10m, 12h, 7d or PT5M",
                value -> {
                    try {
                        return DurationText.parse((String) value).compareTo(least) >= 0;
                    } catch (IllegalArgumentException e) {
                        return false;
                    }
                });
    }

    static Rule oneOf(String... choices) {
        List<String> all = List.of(choices);
        return new Rule("one of " + String.join(", ", all), all::contains);
    }

    /** A slash tells a folder from a misspelt name before anybody looks for it, on machines that have no such folder too. */
    static Rule base() {
        List<String> names = Stream.concat(
                        Arrays.stream(PublishedEncoder.values()).map(PublishedEncoder::base),
                        Stream.of(RandomEncoder.TINY))
                .toList();
        return new Rule(
                String.join(", ", names)
                        + ", or the path, with a / in it, of a folder with another encoder of the BERT family, such as"
                        + " ./bge-base-en-v1.5",
                value -> names.contains(value) || isPath((String) value));
    }

    /** Whether a base is a folder rather than a name. */
    static boolean isPath(String base) {
        return base.contains("/") || base.contains(File.separator);
    }

    static Rule notEmpty() {
        return new Rule("not empty", value -> !((String) value).isBlank());
    }

    static Rule anyText() {
        return new Rule("any text", value -> true);
    }

    static Rule store() {
        return new Rule(
                "empty, a folder, or s3://BUCKET or s3://BUCKET/PREFIX with a prefix of letters, digits, '.', '-', '_', '='"
                        + " and '/'",
                value -> {
                    try {
                        return !((String) value).startsWith(S3)
                                || !S3Location.of((String) value, null, null, false)
                                        .bucket()
                                        .isEmpty();
                    } catch (IllegalArgumentException e) {
                        return false;
                    }
                });
    }

    static Rule endpoint() {
        return new Rule(
                "empty, or the address of a service without a path or a user, such as https://minio.example:9000",
                value -> ENDPOINT.matcher((String) value).matches());
    }

    static Rule region() {
        return new Rule(
                "empty, or the name of a region, such as eu-west-1",
                value -> REGION.matcher((String) value).matches());
    }

    static Rule url() {
        return new Rule(
                "empty, or the address of an HTTP server, without a user, such as http://registry:8081",
                value -> URL.matcher((String) value).matches());
    }

    static Rule path() {
        return new Rule(
                "empty, or a path, such as $.ticket.body or /ticket/body",
                value -> ((String) value).isBlank() || isFieldPath((String) value));
    }

    static Rule paths() {
        return new Rule(
                "one or more paths, separated by commas, such as $.ticket.subject, $.ticket.body",
                value -> ((List<?>) value).stream().allMatch(path -> isFieldPath((String) path)));
    }

    private static boolean isFieldPath(String path) {
        try {
            return !FieldPath.parse(path).toString().isEmpty();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    static Rule topic() {
        return new Rule(
                "a topic name: 1 to " + LONGEST_TOPIC + " of the characters A-Z a-z 0-9 . _ -, not . or ..",
                value -> isTopic((String) value));
    }

    static Rule topicPrefix() {
        return new Rule(
                "the start of a topic name: at most 100 of the characters A-Z a-z 0-9 . _ -",
                value -> TOPIC_CHARACTERS.matcher((String) value).matches() && ((String) value).length() <= 100);
    }

    static Rule instance() {
        return new Rule(
                "empty, or a name of at most 100 of the characters A-Z a-z 0-9 . _ -",
                value -> TOPIC_CHARACTERS.matcher((String) value).matches() && ((String) value).length() <= 100);
    }

    static Rule alias() {
        return new Rule(
                "a name of 1 to 100 of the characters A-Z a-z 0-9 . _ -",
                value -> MODEL.matcher((String) value).matches());
    }

    static Rule optionalAlias() {
        return new Rule("empty, or a name of at most 100 of the characters A-Z a-z 0-9 . _ -", value -> {
            String name = (String) value;
            return name.isEmpty() || MODEL.matcher(name).matches();
        });
    }

    static Rule models() {
        return new Rule(
                "one or more different names, separated by commas, each 1 to 100 of the characters A-Z a-z 0-9 . _ -",
                value -> {
                    List<?> names = (List<?>) value;
                    return !names.isEmpty()
                            && names.stream()
                                    .allMatch(
                                            name -> MODEL.matcher((String) name).matches())
                            && names.stream().distinct().count() == names.size();
                });
    }

    static Rule servers() {
        return new Rule("one or more host:port, separated by commas", value -> {
            List<?> servers = (List<?>) value;
            return !servers.isEmpty()
                    && servers.stream().allMatch(server -> ((String) server).matches("(.*://)?.+:\\d{1,5}"));
        });
    }

    static boolean isTopic(String name) {
        return !name.isEmpty()
                && name.length() <= LONGEST_TOPIC
                && TOPIC_CHARACTERS.matcher(name).matches()
                && !name.equals(".")
                && !name.equals("..");
    }

    @Override
    public void ensureValid(String name, @Nullable Object value) {
        // Kafka asks even about a value that could not be parsed, and has noted that problem already.
        if (value != null && !holds.test(value)) {
            throw new ConfigException(name + " must be " + text);
        }
    }

    @Override
    public String toString() {
        return text;
    }
}
