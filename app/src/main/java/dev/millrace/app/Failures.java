package dev.millrace.app;

import java.io.PrintWriter;
import java.util.List;
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
        command.getErr().println(name + ": " + message + " (\"" + name + " --help\" explains it)");
        command.getErr().flush();
        return CommandLine.ExitCode.USAGE;
    }

    @Override
    public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed) {
        String name = command.getCommandSpec().qualifiedName();
        PrintWriter err = command.getErr();
        int code = CommandLine.ExitCode.USAGE;
        if (failure instanceof SettingsException problems) {
            problems.problems().forEach(problem -> err.println(name + ": " + problem));
        } else if (failure instanceof CommandException) {
            err.println(name + ": " + oneLine(failure.getMessage()));
        } else {
            LOG.error("{} failed", name, failure);
            err.println(name + ": unexpected failure: " + describe(failure) + "; " + whereToLook());
            code = CommandLine.ExitCode.SOFTWARE;
        }
        if (root.verbose()) {
            // A person asked for it with --verbose; the log has it in any case.
            failure.printStackTrace(err);
        }
        err.flush();
        return code;
    }

    private String whereToLook() {
        return logs.file().map(file -> "the log says more: " + file).orElse("--verbose says more");
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
