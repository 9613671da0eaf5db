package dev.millrace.registry;

/** What somebody may do over HTTP; whoever may change things may look at them as well. */
public enum HttpRole {
    /** May look at everything and ask what is served, and changes nothing. */
    VIEWER,
    /** May also make changes. */
    OPERATOR;

    /**
     * Whether it is enough.
     *
     * @param needed for what somebody wants to do
     * @return whether this role may do it
     */
    public boolean may(HttpRole needed) {
        return compareTo(needed) >= 0;
    }
}
