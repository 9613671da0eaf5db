package dev.millrace.registry;

/** What was asked for cannot be done to the registry as it is; nothing was changed. The message is for people. */
public final class GovernanceException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /**
     * Says why.
     *
     * @param message what was wrong, and what to do
     */
    public GovernanceException(String message) {
        super(message);
    }
}
