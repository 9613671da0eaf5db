package dev.millrace.ingest;

import com.fasterxml.jackson.databind.JsonNode;

/** Turns values that were written by one schema into what they would be as JSON. Thread-safe. */
interface ValueDecoder {

    /**
     * Decodes one value.
     *
     * @param value a framed value, its frame included
     * @param start where its frame ends
     * @return what it says
     * @throws Unfit if the value was not written by the schema
     */
    JsonNode decode(byte[] value, int start) throws Unfit;
}
