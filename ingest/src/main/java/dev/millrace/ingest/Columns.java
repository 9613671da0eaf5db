package dev.millrace.ingest;

/**
 * The columns of a file that hold the two required fields of an example.
 *
 * @param text the column of the text
 * @param label the column of the label
 */
public record Columns(String text, String label) {

    /** The names of the contract itself: {@code text} and {@code label}. */
    public static final Columns DEFAULT = new Columns("text", "label");

    public Columns {
        if (text.isBlank() || label.isBlank()) {
            throw new IllegalArgumentException("the columns of text and label must not be blank");
        }
        if (text.equals(label)) {
            throw new IllegalArgumentException("text and label must be two columns, but both are \"" + text + "\"");
        }
    }
}
