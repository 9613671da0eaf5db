package dev.millrace.monitoring;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.File;
import java.nio.file.Path;
import java.util.function.ToLongFunction;

/** How full the disks are that Millrace writes to. */
final class DiskMetrics {

    private final MeterRegistry registry;

    DiskMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    void watch(String place, Path folder) {
        gauge(
                "millrace.disk.free",
                "Room that is left for this process on the disk where a folder lies",
                place,
                folder,
                File::getUsableSpace);
        gauge("millrace.disk.total", "Size of the disk where a folder lies", place, folder, File::getTotalSpace);
    }

    private void gauge(String name, String description, String place, Path folder, ToLongFunction<File> bytes) {
        Gauge.builder(name, () -> ofDisk(folder, bytes))
                .strongReference(true)
                .baseUnit("bytes")
                .description(description)
                .tag("place", place)
                .register(registry);
    }

    /** A disk that cannot be asked answers 0, which is not the same as one that is full. */
    private static double ofDisk(Path folder, ToLongFunction<File> bytes) {
        Path there = folder.toAbsolutePath();
        while (there.getParent() != null && !there.toFile().exists()) {
            there = there.getParent();
        }
        File file = there.toFile();
        return file.getTotalSpace() == 0 ? Double.NaN : bytes.applyAsLong(file);
    }
}
