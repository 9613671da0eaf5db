package dev.millrace.ingest;

import java.time.Instant;
import java.util.Optional;
import org.apache.kafka.common.header.Headers;

/**
 * What ingest would refuse of records of {@code inputs} and {@code labels} that it joins. No record makes it throw. Safe for
 * use by several threads when its probe is.
 */
public final class HalfRules {

    private final HalfParser parser;

    /**
     * The rules under some settings.
     *
     * @param settings the models and the limits
     * @param probe knows the tokenizers
     */
    public HalfRules(IngestSettings settings, TextProbe probe) {
        this.parser = new HalfParser(settings, probe);
    }

    /**
     * Judges a record of {@code inputs}.
     *
     * @param value its value
     * @param headers its headers
     * @param timestamp its timestamp in milliseconds since 1970, not negative
     * @return the first rule that it breaks; empty when it breaks none
     */
    public Optional<Rejection> input(byte[] value, Headers headers, long timestamp) {
        try {
            parser.input(value, headers, Instant.ofEpochMilli(timestamp), "");
            return Optional.empty();
        } catch (Unfit unfit) {
            return Optional.of(unfit.rejection());
        }
    }

    /**
     * Judges a record of {@code labels}.
     *
     * @param value its value
     * @param headers its headers
     * @param timestamp its timestamp in milliseconds since 1970, not negative
     * @return the first rule that it breaks; empty when it breaks none
     */
    public Optional<Rejection> label(byte[] value, Headers headers, long timestamp) {
        try {
            parser.label(value, headers, Instant.ofEpochMilli(timestamp));
            return Optional.empty();
        } catch (Unfit unfit) {
            return Optional.of(unfit.rejection());
        }
    }
}
