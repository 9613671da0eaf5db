package dev.millrace.app;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.function.LongSupplier;

/**
 * A moment by two clocks: elapsed time, which other processes lengthen, and the processor time that the Java threads of
 * this process have used together, which they hardly do. The compiler and the collector are no Java threads. What lies
 * between two moments is right for threads that live at both.
 *
 * @param nanos elapsed, from any origin
 * @param processorNanos of the threads that are alive
 */
record ProcessorMoment(long nanos, long processorNanos) {

    private static final ThreadMXBean THREADS = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);

    static ProcessorMoment now(LongSupplier nanoTicker) {
        long[] each = THREADS.getThreadCpuTime(THREADS.getAllThreadIds());
        return new ProcessorMoment(
                nanoTicker.getAsLong(),
                Arrays.stream(each).filter(nanos -> nanos > 0).sum());
    }

    /**
     * What lies between an earlier moment and this one.
     *
     * @param begun earlier
     */
    Span since(ProcessorMoment begun) {
        return new Span((nanos - begun.nanos) / 1e9, (processorNanos - begun.processorNanos) / 1e9);
    }

    /**
     * A time by both clocks.
     *
     * @param seconds elapsed
     * @param processorSeconds of all cores together
     */
    record Span(double seconds, double processorSeconds) {}
}
