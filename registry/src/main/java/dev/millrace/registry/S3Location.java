package dev.millrace.registry;

import java.net.URI;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where in an S3-compatible service a store lies. Holds no secrets.
 *
 * @param bucket its name
 * @param prefix what all keys start with: empty, or ending in a slash
 * @param endpoint of the service, or null for Amazon's
 * @param region of the bucket, or null for what the SDK finds in its environment
 * @param pathStyle whether the bucket is named in the path rather than in the host, as most services but Amazon's want
 */
public record S3Location(
        String bucket,
        String prefix,
        @Nullable URI endpoint,
        @Nullable String region,
        boolean pathStyle) {

    private static final Pattern TEXT =
            Pattern.compile("s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/((?:[A-Za-z0-9_=.-]+/)*[A-Za-z0-9_=.-]+)?/?)?");

    /**
     * Reads a location.
     *
     * @param text {@code s3://BUCKET} or {@code s3://BUCKET/PREFIX}
     * @param endpoint of the service, or null for Amazon's
     * @param region of the bucket, or null
     * @param pathStyle whether the bucket is named in the path
     * @return the location
     * @throws IllegalArgumentException when the text is no such location
     */
    public static S3Location of(String text, @Nullable URI endpoint, @Nullable String region, boolean pathStyle) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "a store in S3 must be s3://BUCKET or s3://BUCKET/PREFIX, with a prefix of"
                            + " letters, digits, '.', '-', '_', '=' and '/', but is '" + text + "'");
        }
        @Nullable String prefix = matcher.group(2);
        return new S3Location(matcher.group(1), prefix == null ? "" : prefix + "/", endpoint, region, pathStyle);
    }

    /** {@return the location, for people} */
    @Override
    public String toString() {
        return "s3://" + bucket + "/" + prefix + (endpoint == null ? "" : " at " + endpoint);
    }
}
