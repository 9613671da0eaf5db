package dev.millrace.monitoring;

import java.time.Duration;
import java.util.Arrays;

/** The upper bounds of a histogram's buckets. */
final class Buckets {

    private Buckets() {}

    static Duration[] ofMillis(long... millis) {
        return Arrays.stream(millis).mapToObj(Duration::ofMillis).toArray(Duration[]::new);
    }

    static Duration[] ofSeconds(long... seconds) {
        return Arrays.stream(seconds).mapToObj(Duration::ofSeconds).toArray(Duration[]::new);
    }
}
