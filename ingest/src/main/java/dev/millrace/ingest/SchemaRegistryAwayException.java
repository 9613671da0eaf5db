package dev.millrace.ingest;

import org.apache.kafka.common.errors.RetriableException;

/** The schema registry does not answer: nothing is known of the record, which must be read again. */
final class SchemaRegistryAwayException extends RetriableException {

    private static final long serialVersionUID = 1L;

    SchemaRegistryAwayException(String message, Throwable cause) {
        super(message, cause);
    }
}
