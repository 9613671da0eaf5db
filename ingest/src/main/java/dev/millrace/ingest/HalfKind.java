package dev.millrace.ingest;

import java.time.Duration;

/** Which half of an example a record is: the text, or the label that comes by itself. */
enum HalfKind {
    INPUT("input", "no_label_came", "no label for this input came within "),
    LABEL("label", "no_input_came", "no input with this id came within ");

    private final String word;
    private final String reason;
    private final String detail;

    HalfKind(String word, String reason, String detail) {
        this.word = word;
        this.reason = reason;
        this.detail = detail;
    }

    /** As metrics call it. */
    String word() {
        return word;
    }

    /** The code of what became of a half that the other never met. */
    String reason() {
        return reason;
    }

    /** The same for a person. */
    String detail(Duration window) {
        return detail + window;
    }
}
