package dev.millrace.app;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.function.LongSupplier;

/**
 * A moment by two clocks: elapsed time, which other processes lengthen, and the processor time of this process, all of
 * its threads together, which they hardly do.
 *
 * @param nanos elapsed, from any origin
 * @param processorNanos used since the process began
 */
record ProcessorMoment(long nanos, long processorNanos) {

    private static final OperatingSystemMXBean SYSTEM =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    static ProcessorMoment now(LongSupplier nanoTicker) {
        return new ProcessorMoment(nanoTicker.getAsLong(), SYSTEM.getProcessCpuTime());
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
