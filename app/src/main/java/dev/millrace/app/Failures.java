package dev.millrace.app;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.PrintWriter;
import java.util.List;
import org.apache.kafka.common.errors.AuthorizationException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns what went wrong into lines for a person and an exit code: 2 for what they can mend, 1 for the rest. */
final class Failures implements IParameterExceptionHandler, IExecutionExceptionHandler {

    private static final Logger LOG = LoggerFactory.getLogger(LogOutput.FILE_ONLY);

    private final MillraceCommand root;
    private final LogOutput logs;

    Failures(MillraceCommand root, LogOutput logs) {
        this.root = root;
        this.logs = logs;
    }

    @Override
    public int handleParseException(ParameterException failure, String[] arguments) {
        CommandLine command = failure.getCommandLine();
        String message = oneLine(failure.getMessage());
        if (failure instanceof UnmatchedArgumentException unmatched) {
            List<String> words = unmatched.getUnmatched();
            if (command.getParent() == null && !words.isEmpty() && !unmatched.isUnknownOption()) {
                message = "there is no command " + words.get(0);
            }
            List<String> suggestions = unmatched.getSuggestions();
            if (!suggestions.isEmpty()) {
                message += "; did you mean " + suggestions.get(0) + "?";
            }
        }
        String name = command.getCommandSpec().qualifiedName();
        if (List.of(arguments).contains(JsonOption.NAME)) {
            command.getErr().println(problem("cannot be understood", List.of(message), CommandLine.ExitCode.USAGE));
        } else {
            command.getErr().println(name + ": " + message + " (\"" + name + " --help\" explains it)");
        }
        command.getErr().flush();
        return CommandLine.ExitCode.USAGE;
    }

    @Override
    public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed) {
        String name = command.getCommandSpec().qualifiedName();
        PrintWriter err = command.getErr();
        int code = CommandLine.ExitCode.USAGE;
        String refusal = refusal(failure);
        List<String> lines;
        if (failure instanceof SettingsException problems) {
            lines = problems.problems();
        } else if (failure instanceof CommandException) {
            lines = List.of(oneLine(failure.getMessage()));
        } else if (refusal != null) {
            lines = List.of("Kafka refuses this user: " + oneLine(refusal)
                    + " (\"millrace acls\" lists the rights that are needed)");
        } else {
            LOG.error("{} failed", name, failure);
            lines = List.of("unexpected failure: " + describe(failure) + "; " + whereToLook());
            code = CommandLine.ExitCode.SOFTWARE;
        }
        if (command.getParseResult().hasMatchedOption(JsonOption.NAME)) {
            err.println(problem(code == CommandLine.ExitCode.USAGE ? "cannot be done" : "failed", lines, code));
        } else {
            lines.forEach(line -> err.println(name + ": " + line));
        }
        if (root.verbose()) {
            // A person asked for it with --verbose; the log has it in any case.
            failure.printStackTrace(err);
        }
        err.flush();
        return code;
    }

    /** For scripts, in the words of RFC 9457, as the HTTP API has them; the exit code in place of the status. */
    private static String problem(String title, List<String> lines, int code) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("type", "about:blank")
                .put("title", title)
                .put("detail", String.join("; ", lines))
                .put("exitCode", code)
                .toString();
    }

    private String whereToLook() {
        return logs.file().map(file -> "the log says more: " + file).orElse("--verbose says more");
    }

    /** What Kafka says of a right that is missing; null when it is about something else. */
    private static @Nullable String refusal(Exception failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof AuthorizationException) {
                return cause.getMessage();
            }
        }
        return null;
    }

    private static String describe(Exception failure) {
        String message = failure.getMessage();
        String type = failure.getClass().getSimpleName();
        return message == null || message.isBlank() ? type : type + ": " + oneLine(message);
    }

    private static String oneLine(@Nullable String message) {
        return message == null ? "" : message.strip().replaceAll("\\s*\\R\\s*", " ");
    }
}
