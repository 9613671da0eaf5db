package dev.millrace.app.console;

import dev.millrace.app.console.Frame.Section;
import dev.millrace.registry.Access;
import dev.millrace.registry.Problem;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;

/** A problem as a page, for a person who has asked for one. */
final class ProblemPage implements Problem.Page {

    /**
     * What the page shows.
     *
     * @param frame around it
     * @param status of HTTP
     * @param detail what was wrong and what to do
     */
    record Shown(Frame frame, int status, String detail) {}

    private final Pages pages;
    private final Access access;

    ProblemPage(Pages pages, Access access) {
        this.pages = pages;
        this.access = access;
    }

    @Override
    public boolean show(Problem problem, Context context) {
        if (!isForPeople(context) || access.role(context).isEmpty()) {
            return false;
        }
        String title = HttpStatus.forStatus(problem.status()).getMessage();
        pages.render(
                context,
                "problem",
                new Shown(
                        pages.frame(context, Section.OVERVIEW, title, ""),
                        problem.status(),
                        String.valueOf(problem.getMessage())));
        return true;
    }

    /** Whether a browser asks for a page; the parts of one, and the API, are asked for by programs. */
    private static boolean isForPeople(Context context) {
        String accept = context.header("Accept");
        return accept != null
                && accept.contains("text/html")
                && context.header("HX-Request") == null
                && !context.path().startsWith("/api/")
                && !context.path().startsWith("/v1/");
    }
}
