package dev.millrace.registry;

import java.util.Locale;
import java.util.Set;

/** What people can change in a registry over HTTP, see {@link Governance}. */
public enum RegistryVerb {
    /** Moves an alias to a version, and takes away what held it elsewhere. */
    PROMOTE,
    /** Takes an alias back to an earlier version, and holds it there. */
    ROLLBACK,
    /** Holds an alias at a version. */
    PIN,
    /** Lets an alias go. */
    UNPIN,
    /** Removes an alias. */
    REMOVE_ALIAS,
    /** Takes a version out of use for good. */
    RETIRE;

    /** The fields of its body beside {@code by} and {@code reason}. */
    Set<String> fields() {
        return switch (this) {
            case PROMOTE, ROLLBACK, PIN -> Set.of("version", "alias");
            case UNPIN, REMOVE_ALIAS -> Set.of("alias");
            case RETIRE -> Set.of("version");
        };
    }

    /** {@return the word for it in paths, such as {@code remove-alias}} */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
