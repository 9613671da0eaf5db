package dev.millrace.registry;

/**
 * What a sweep removed, or would.
 *
 * @param files how many
 * @param bytes their size together
 */
public record Swept(int files, long bytes) {

    /** Nothing. */
    public static final Swept NOTHING = new Swept(0, 0);

    Swept and(long size) {
        return new Swept(files + 1, bytes + size);
    }
}
