package dev.millrace.ingest;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.jspecify.annotations.Nullable;

/**
 * How the records of the topic of examples are written. Immutable.
 *
 * @param fields where the fields of an example are in a record
 * @param registry of the schemas of values that carry the id of one, or null where there are none
 */
public record TopicFormat(FieldMapping fields, @Nullable SchemaRegistry registry) {

    static final String CONTRACT_TYPE = "application/vnd.millrace.example+json";

    /** JSON by the contract. */
    public static final TopicFormat CONTRACT = new TopicFormat(FieldMapping.NONE, null);

    /**
     * The header of a record that is JSON by the contract, whatever the settings say of the topic: what is sent beside the
     * records of others is told apart by it.
     *
     * @return {@code content-type: application/vnd.millrace.example+json}
     */
    public static Header contractHeader() {
        return new RecordHeader("content-type", CONTRACT_TYPE.getBytes(StandardCharsets.US_ASCII));
    }
}
