package dev.millrace.model;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What the processor says of itself, as far as results depend on it: the engine chooses its kernels by these, so that
 * another one gives other last bits.
 *
 * @param vendor as it calls itself, or the architecture where it does not say
 * @param flags the instruction sets it has; empty where nobody tells
 */
record Processor(String vendor, Set<String> flags) {

    private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
    private static final Set<String> BFLOAT16 = Set.of("amx_bf16", "avx512_bf16");

    /** Best first. */
    private static final List<String> INSTRUCTION_SETS =
            List.of("amx_bf16", "avx512_bf16", "avx512f", "avx2", "avx", "sse4_2", "sve2", "sve", "asimd");

    Processor {
        flags = Set.copyOf(flags);
    }

    /** The one of this machine. Only Linux tells more than the architecture. */
    static Processor ofThisMachine() {
        String architecture = System.getProperty("os.arch", "unknown");
        if (!Files.isReadable(CPU_INFO)) {
            return new Processor(architecture, Set.of());
        }
        try {
            return parse(Files.readString(CPU_INFO, StandardCharsets.ISO_8859_1), architecture);
        } catch (IOException e) {
            return new Processor(architecture, Set.of());
        }
    }

    /** The first processor that a text like {@code /proc/cpuinfo} describes. */
    static Processor parse(String cpuInfo, String architecture) {
        String vendor = value(cpuInfo, "vendor_id");
        String flags = value(cpuInfo, "flags");
        if (flags.isEmpty()) {
            flags = value(cpuInfo, "Features");
        }
        return new Processor(
                vendor.isEmpty() ? architecture : vendor, flags.isEmpty() ? Set.of() : Set.of(flags.split("\\s+")));
    }

    private static String value(String cpuInfo, String name) {
        return cpuInfo.lines()
                .filter(line -> line.startsWith(name) && line.indexOf(':') >= 0)
                .filter(line -> line.substring(0, line.indexOf(':')).strip().equals(name))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("");
    }

    /** Whether it computes bfloat16 by itself; where nobody tells, float32 is always right, if slower. */
    boolean hasBfloat16() {
        return BFLOAT16.stream().anyMatch(flags::contains);
    }

    /** Its vendor and the best instruction set that it has, such as {@code AuthenticAMD avx512_bf16}. */
    String description() {
        return Stream.concat(
                        Stream.of(vendor),
                        INSTRUCTION_SETS.stream().filter(flags::contains).limit(1))
                .reduce((one, other) -> one + " " + other)
                .orElse(vendor);
    }
}
