package dev.millrace.ingest;

/** Foreign text inside a message: quoted, short, on one line. */
final class Quote {

    private static final int LONGEST = 80;

    private Quote() {}

    static String of(String foreign) {
        return '"' + bare(foreign) + '"';
    }

    /** What went wrong, as short as the library has it. */
    static String problem(Exception thrown) {
        String message = thrown.getMessage();
        return message == null ? thrown.toString() : message;
    }

    static String bare(String foreign) {
        StringBuilder out = new StringBuilder();
        foreign.codePoints()
                .limit(LONGEST)
                .map(c -> Character.isISOControl(c) || Character.getType(c) == Character.SURROGATE ? '\uFFFD' : c)
                .forEach(out::appendCodePoint);
        return foreign.codePointCount(0, foreign.length()) > LONGEST ? out + "…" : out.toString();
    }
}
