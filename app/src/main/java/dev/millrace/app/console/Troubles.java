package dev.millrace.app.console;

import java.util.List;

/** What is wrong with this process; asked anew for each page, by several threads. */
@FunctionalInterface
public interface Troubles {

    /**
     * Looks.
     *
     * @return what is wrong, the gravest first; empty when nothing is
     */
    List<Trouble> now();
}
