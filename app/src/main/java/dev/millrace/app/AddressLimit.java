package dev.millrace.app;

import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * How often one address may do something: as often as a bucket of its own has tokens, which come back evenly. An address
 * of IPv6 stands for its network of 64 bits, which is what one customer has. Of the addresses seen last 10,000 are
 * remembered. Thread-safe.
 */
final class AddressLimit {

    private static final int MOST_ADDRESSES = 10_000;
    private static final int NETWORK_BYTES = 8;

    private final int times;
    private final Duration span;
    private final TimeMeter time;
    private final Map<String, Bucket> buckets = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
            return size() > MOST_ADDRESSES;
        }
    };

    /**
     * Makes a limit.
     *
     * @param times that something may be done in a span, at once too; 0 for any number
     * @param span of time
     * @param nanoTicker elapsed time, in nanoseconds from any origin
     */
    AddressLimit(int times, Duration span, LongSupplier nanoTicker) {
        this.times = times;
        this.span = span;
        this.time = new TimeMeter() {
            @Override
            public long currentTimeNanos() {
                return nanoTicker.getAsLong();
            }

            @Override
            public boolean isWallClockBased() {
                return false;
            }
        };
    }

    /** Does it once: zero where it may be done, else how long to wait. */
    Duration take(String address) {
        return times == 0
                ? Duration.ZERO
                : Duration.ofNanos(
                        bucket(address).tryConsumeAndReturnRemaining(1).getNanosToWaitForRefill());
    }

    /** The same without doing it. */
    Duration look(String address) {
        return times == 0
                ? Duration.ZERO
                : Duration.ofNanos(bucket(address).estimateAbilityToConsume(1).getNanosToWaitForRefill());
    }

    private Bucket bucket(String address) {
        String network = network(address);
        synchronized (buckets) {
            return buckets.computeIfAbsent(
                    network,
                    any -> Bucket.builder()
                            .addLimit(limit -> limit.capacity(times).refillGreedy(times, span))
                            .withCustomTimePrecision(time)
                            .build());
        }
    }

    static String network(String address) {
        if (!address.contains(":")) {
            return address;
        }
        try {
            byte[] bytes = InetAddress.getByName(address).getAddress();
            return HexFormat.of().formatHex(Arrays.copyOf(bytes, Math.min(bytes.length, NETWORK_BYTES)));
        } catch (UnknownHostException e) {
            return address;
        }
    }
}
