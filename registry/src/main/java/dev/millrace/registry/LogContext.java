package dev.millrace.registry;

import java.util.Map;
import java.util.TreeMap;
import org.slf4j.MDC;

/**
 * What every line of the log says beside its text while a piece of work is done: {@code model}, {@code version} and
 * {@code offset}, in SLF4J's context (MDC). Lines that libraries write on the same thread say it too. Immutable.
 *
 * <pre>{@code
 * LogContext.model("support").version(12).offset(4096).around(() -> publisher.publish(...));
 * }</pre>
 *
 * @param entries by name
 */
public record LogContext(Map<String, String> entries) {

    /**
     * What is done.
     *
     * @param <T> what comes of it
     * @param <E> what it may throw
     */
    @FunctionalInterface
    public interface Work<T, E extends Exception> {

        /**
         * Does it.
         *
         * @return what came of it
         * @throws E as it likes
         */
        T run() throws E;
    }

    public LogContext {
        entries = Map.copyOf(entries);
    }

    /**
     * That of a model.
     *
     * @param model which
     * @return with {@code model} alone
     */
    public static LogContext model(String model) {
        return new LogContext(Map.of("model", model));
    }

    /**
     * That of a published version.
     *
     * @param version its record
     * @return with {@code model}, {@code version}, and as {@code offset} the first of the ledger that is not in it
     */
    public static LogContext of(VersionRecord version) {
        return model(version.model())
                .version(version.version())
                .offset(version.position().nextOffset());
    }

    /**
     * This, of one version.
     *
     * @param version its number
     * @return another context
     */
    public LogContext version(long version) {
        return with("version", version);
    }

    /**
     * This, at one place of the ledger.
     *
     * @param offset of the ledger, or of the topic that is read
     * @return another context
     */
    public LogContext offset(long offset) {
        return with("offset", offset);
    }

    private LogContext with(String name, long value) {
        Map<String, String> more = new TreeMap<>(entries);
        more.put(name, Long.toString(value));
        return new LogContext(more);
    }

    /**
     * Does something in this context; afterwards the thread's context is as it was.
     *
     * @param work what to do
     * @param <T> what comes of it
     * @param <E> what it may throw
     * @return what came of it
     * @throws E as the work does
     */
    public <T, E extends Exception> T around(Work<T, E> work) throws E {
        Map<String, String> before = MDC.getCopyOfContextMap();
        entries.forEach(MDC::put);
        try {
            return work.run();
        } finally {
            if (before == null) {
                MDC.clear();
            } else {
                MDC.setContextMap(before);
            }
        }
    }

    /**
     * Does something that gives nothing back in this context; afterwards the thread's context is as it was.
     *
     * @param work what to do
     */
    public void run(Runnable work) {
        around(() -> {
            work.run();
            return this;
        });
    }
}
