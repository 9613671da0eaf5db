package dev.millrace.app.console;

import dev.millrace.registry.HttpRole;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What stands around the content of every page.
 *
 * @param title of the page, without the product's name
 * @param section of the navigation that the page belongs to
 * @param models all there are, by name
 * @param model that the page is about; empty when it is about all of them
 * @param assets where the scripts and styles are
 * @param hasTokens whether a person can sign in
 * @param signedIn as whom a person has signed in, or null
 */
record Frame(
        String title,
        Section section,
        List<String> models,
        String model,
        Assets assets,
        boolean hasTokens,
        @Nullable HttpRole signedIn) {

    /** The parts of the console. */
    enum Section {
        OVERVIEW("Overview", "/"),
        DEAD_LETTERS("Dead letters", "/dead-letters"),
        DEPLOYMENTS("Deployments", "/deployments"),
        TRY("Try it", "/try");

        private final String label;
        private final String path;

        Section(String label, String path) {
            this.label = label;
            this.path = path;
        }

        String label() {
            return label;
        }

        String path() {
            return path;
        }
    }

    Frame {
        models = List.copyOf(models);
    }
}
