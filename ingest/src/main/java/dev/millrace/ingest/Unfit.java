package dev.millrace.ingest;

/** Carries a rejection out of the depth of the parser; it never leaves the parser. */
final class Unfit extends Exception {

    private static final long serialVersionUID = 1L;

    private final transient Rejection rejection;

    Unfit(Rejection rejection) {
        // Bad records may come by the thousand: a stack trace each would be the costliest part of refusing them.
        super(rejection.detail(), null, false, false);
        this.rejection = rejection;
    }

    Rejection rejection() {
        return rejection;
    }
}
