package dev.millrace.app;

import com.sun.management.OperatingSystemMXBean;
import dev.millrace.model.Compute;
import dev.millrace.model.Compute.Place;
import dev.millrace.model.Compute.Precision;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.common.utils.AppInfoParser;

/**
 * Looks at this machine: versions, memory, processors, the engine and what it computes on.
 *
 * @param trainer device, precision and threads
 */
record MachineCheckup(Settings.Trainer trainer) {

    private static final double GIB = 1L << 30;

    List<Finding> findings() {
        List<Finding> found = new ArrayList<>();
        found.add(Finding.ok(
                "versions",
                String.join(", ", new MillraceVersion().getVersion()) + "; Kafka clients "
                        + AppInfoParser.getVersion()));
        found.add(Finding.ok("machine", machine()));
        found.add(temporaryFolder(Path.of(System.getProperty("java.io.tmpdir"))));
        Finding engine = engine();
        found.add(engine);
        if (engine.level() == Finding.Level.OK) {
            found.add(arithmetic());
        }
        return found;
    }

    /** The JVM counts what a container is given, not what the machine has. */
    private static String machine() {
        String memory = ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
                ? String.format(Locale.ROOT, "%.1f GiB of memory", system.getTotalMemorySize() / GIB)
                : "memory unknown";
        return String.format(
                Locale.ROOT,
                "%d processors, %s, of which Java's heap may take %.1f GiB",
                Runtime.getRuntime().availableProcessors(),
                memory,
                Runtime.getRuntime().maxMemory() / GIB);
    }

    private static Finding temporaryFolder(Path folder) {
        try {
            FolderProbe.of(folder);
            return Finding.ok("temporary folder", folder + " can be written");
        } catch (IOException e) {
            return Finding.problem(
                    "temporary folder",
                    folder + " cannot be written: " + e,
                    "make room or give the right to write there, or name another folder with"
                            + " MILLRACE_JAVA_OPTS=-Djava.io.tmpdir=DIR");
        }
    }

    private static Finding engine() {
        try {
            return Finding.ok("engine", Compute.engine() + ", loaded");
        } catch (RuntimeException | LinkageError e) {
            return Finding.problem(
                    "engine",
                    "the native libraries of PyTorch cannot be unpacked or loaded: " + rootOf(e),
                    "see that the folder they are unpacked to (DJL_CACHE_DIR, else .djl.ai in the home folder) can be"
                            + " written and allows programs, and that this build of Millrace was made for this machine");
        }
    }

    private static Throwable rootOf(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    private Finding arithmetic() {
        Compute compute;
        try {
            compute = Learning.compute(trainer);
        } catch (CommandException e) {
            return Finding.problem("device", String.valueOf(e.getMessage()), "set trainer.device to auto or cpu");
        }
        int processors = Runtime.getRuntime().availableProcessors();
        boolean isNative = Compute.fastestPrecision(compute.device()) == Precision.BFLOAT16;
        String what = compute.device().name().toLowerCase(Locale.ROOT) + ", "
                + compute.precision().name().toLowerCase(Locale.ROOT) + ", "
                + (compute.threads() == 0 ? "one thread a core" : compute.threads() + " threads")
                + "; bfloat16 is " + (isNative ? "native here" : "not native here");
        if (compute.precision() == Precision.BFLOAT16 && !isNative) {
            return Finding.warning("device", what, "set trainer.precision to auto: float32 is faster here");
        }
        if (compute.device() == Place.CPU && compute.threads() > processors) {
            return Finding.warning(
                    "device",
                    what + ", but there are " + processors + " processors",
                    "set trainer.threads to " + processors
                            + " or less, for threads without a core of their own wait for"
                            + " each other; the number is part of what a version's bytes depend on");
        }
        return Finding.ok("device", what);
    }
}
