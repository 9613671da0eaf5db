package dev.millrace.ingest;

/** Unicode characters of a string, where a pair of surrogates is one. */
final class Characters {

    private Characters() {}

    static boolean atMost(int limit, String text) {
        return text.length() <= limit || count(text) <= limit;
    }

    static int count(String text) {
        return text.codePointCount(0, text.length());
    }

    /** Whether there is no half of a pair of surrogates in it, which no encoding can carry on. */
    static boolean isUnicode(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                if (i + 1 == text.length() || !Character.isSurrogatePair(c, text.charAt(i + 1))) {
                    return false;
                }
                i++;
            }
        }
        return true;
    }
}
