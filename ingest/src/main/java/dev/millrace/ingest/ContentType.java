package dev.millrace.ingest;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/** What the header {@code content-type} of a record says of its value. */
enum ContentType {
    /** Nothing that is told apart: the value is as the settings say. */
    ANY,
    /** A CloudEvent in structured mode. */
    CLOUD_EVENT,
    /** An example by the contract, whatever the settings say of the topic. */
    CONTRACT;

    private static final String HEADER = "content-type";

    static ContentType of(Headers headers) {
        Header header = headers.lastHeader(HEADER);
        if (header == null || header.value() == null) {
            return ANY;
        }
        String type = new String(header.value(), StandardCharsets.ISO_8859_1)
                .replaceFirst(";.*", "")
                .strip()
                .toLowerCase(Locale.ROOT);
        return switch (type) {
            case "application/cloudevents+json" -> CLOUD_EVENT;
            case TopicFormat.CONTRACT_TYPE -> CONTRACT;
            default -> ANY;
        };
    }
}
