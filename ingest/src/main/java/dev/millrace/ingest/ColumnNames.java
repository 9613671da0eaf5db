package dev.millrace.ingest;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** Checks the names of columns, and knows what was probably meant. */
final class ColumnNames {

    private ColumnNames() {}

    static void require(List<String> present, String wanted, String role, String file) throws SourceFormatException {
        if (present.contains(wanted)) {
            return;
        }
        StringBuilder message = new StringBuilder(file)
                .append(" has no column ")
                .append(Quote.of(wanted))
                .append(" for the ")
                .append(role)
                .append("; its columns are: ")
                .append(String.join(", ", present.stream().map(Quote::bare).toList()));
        String closest = present.stream()
                .min(Comparator.comparingInt(name -> distance(name, wanted)))
                .orElse("");
        if (distance(closest, wanted) <= Math.max(1, wanted.length() / 3)) {
            message.append(" (did you mean ").append(Quote.of(closest)).append("?)");
        }
        throw new SourceFormatException(message.toString());
    }

    /** Levenshtein's distance, letter case aside. */
    private static int distance(String one, String other) {
        String a = one.toLowerCase(Locale.ROOT);
        String b = other.toLowerCase(Locale.ROOT);
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
