package dev.millrace.app;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.util.FileSize;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Where the log goes: warnings of Millrace to the console (see {@code logback.xml}), and everything to a file once the
 * settings say where.
 */
final class LogOutput implements AutoCloseable {

    /** The logger of what the console need not repeat, for a command told it in better words. */
    static final String FILE_ONLY = "millrace";

    private static final String CONSOLE = "CONSOLE";

    // A message of several lines, such as a broker's, would pass for several events; a context of nothing says nothing.
    private static final String PATTERN = "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level [%thread] %logger{36} - "
            + "%replace(%msg){'[\\r\\n]+', ' '}%replace( [%mdc]){' \\[\\]$', ''}%n";
    private static final int OLD_FILES = 3;

    private final List<Runnable> undone = new ArrayList<>();
    private @Nullable Path file;
    private boolean json;

    /**
     * Writes from now on as the settings say, on the console and in the file that {@link #toFile} opens later.
     *
     * @param settings format, and how much the console gets
     */
    void use(LogSettings settings) {
        json = settings.json();
        Appender<ILoggingEvent> ours = context().getLogger("dev.millrace").getAppender(CONSOLE);
        Appender<ILoggingEvent> console = ours == null ? root().getAppender(CONSOLE) : ours;
        if (console instanceof ConsoleAppender<ILoggingEvent> stream && (settings.json() || settings.everything())) {
            Encoder<ILoggingEvent> before = stream.getEncoder();
            stream.setEncoder(encoder());
            undone.add(() -> stream.setEncoder(before));
        }
        if (settings.everything()) {
            showAll();
        }
    }

    /** Shows everything on the console too, that of libraries included. */
    void showAll() {
        Logger ours = context().getLogger("dev.millrace");
        Appender<ILoggingEvent> console = ours.getAppender(CONSOLE);
        // Absent when the user configures logback, or when all is shown already.
        if (console != null) {
            List<Filter<ILoggingEvent>> filters = console.getCopyOfAttachedFiltersList();
            console.clearAllFilters();
            ours.detachAppender(console);
            root().addAppender(console);
            undone.add(() -> {
                root().detachAppender(console);
                ours.addAppender(console);
                filters.forEach(console::addFilter);
            });
        }
    }

    /**
     * Writes everything to a file from now on; old parts of it are rolled away at 20 MB.
     *
     * @param dataDirectory gets a folder {@code logs}
     * @param command names the file
     * @return the file
     */
    Path toFile(Path dataDirectory, String command) {
        Path path = dataDirectory.resolve("logs").resolve(command + ".log").toAbsolutePath();
        LoggerContext context = context();
        RollingFileAppender<ILoggingEvent> appender = new RollingFileAppender<>();
        appender.setContext(context);
        appender.setName("FILE");
        appender.setFile(path.toString());
        appender.setEncoder(encoder());
        FixedWindowRollingPolicy rolling = new FixedWindowRollingPolicy();
        rolling.setContext(context);
        rolling.setParent(appender);
        rolling.setFileNamePattern(path + ".%i");
        rolling.setMinIndex(1);
        rolling.setMaxIndex(OLD_FILES);
        rolling.start();
        SizeBasedTriggeringPolicy<ILoggingEvent> trigger = new SizeBasedTriggeringPolicy<>();
        trigger.setContext(context);
        trigger.setMaxFileSize(new FileSize(20 * FileSize.MB_COEFFICIENT));
        trigger.start();
        appender.setRollingPolicy(rolling);
        appender.setTriggeringPolicy(trigger);
        appender.start();
        if (!appender.isStarted()) {
            throw new CommandException("cannot write the log file " + path);
        }
        root().addAppender(appender);
        undone.add(() -> {
            root().detachAppender(appender);
            appender.stop();
        });
        file = path;
        return path;
    }

    private Encoder<ILoggingEvent> encoder() {
        Encoder<ILoggingEvent> encoder;
        if (json) {
            JsonEncoder lines = new JsonEncoder();
            lines.setWithFormattedMessage(true);
            lines.setWithMessage(false);
            lines.setWithArguments(false);
            lines.setWithContext(false);
            lines.setWithSequenceNumber(false);
            lines.setWithNanoseconds(false);
            encoder = lines;
        } else {
            PatternLayoutEncoder text = new PatternLayoutEncoder();
            text.setPattern(PATTERN);
            encoder = text;
        }
        encoder.setContext(context());
        encoder.start();
        return encoder;
    }

    Optional<Path> file() {
        return Optional.ofNullable(file);
    }

    /** Puts everything back as it was. */
    @Override
    public void close() {
        json = false;
        Collections.reverse(undone);
        undone.forEach(Runnable::run);
        undone.clear();
    }

    private static Logger root() {
        return context().getLogger(Logger.ROOT_LOGGER_NAME);
    }

    private static LoggerContext context() {
        return (LoggerContext) LoggerFactory.getILoggerFactory();
    }
}
