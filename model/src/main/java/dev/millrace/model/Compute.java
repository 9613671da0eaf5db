package dev.millrace.model;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.util.cuda.CudaUtils;

/**
 * Where a network is computed, in which arithmetic, and with how much memory to spare.
 *
 * @param device {@code cpu}, or {@code gpu} for the first GPU that CUDA shows
 * @param precision of matrices and activations; sums, weights and the optimizer stay in float32 in either
 * @param threads of one computation on the CPU; 0 leaves it to the engine, which takes one a core. The number changes the
 *     last bits of results, so versions record it.
 * @param frozenCacheBytes of native memory for what frozen layers made of texts that may come again; no result depends on it
 */
public record Compute(Place device, Precision precision, int threads, long frozenCacheBytes) {

    /** 256 MiB: with the bundled model some 20,000 texts of 17 tokens in bfloat16. */
    public static final long FROZEN_CACHE_BYTES = 256L << 20;

    /** The kinds of device. */
    public enum Place {
        /** The processor. */
        CPU,
        /** The first GPU. */
        GPU
    }

    /** The kinds of arithmetic. */
    public enum Precision {
        /** IEEE 754 binary32. */
        FLOAT32,
        /** The upper half of a binary32: twice as fast or more where the hardware has it, slow elsewhere. */
        BFLOAT16
    }

    public Compute {
        if (threads < 0) {
            throw new IllegalArgumentException("threads must be >= 0, but is " + threads);
        }
        if (frozenCacheBytes < 0) {
            throw new IllegalArgumentException("frozenCacheBytes must be >= 0, but is " + frozenCacheBytes);
        }
    }

    /**
     * With the default of memory.
     *
     * @param device where
     * @param precision how
     * @param threads of one computation on the CPU; 0 leaves it to the engine
     */
    public Compute(Place device, Precision precision, int threads) {
        this(device, precision, threads, FROZEN_CACHE_BYTES);
    }

    /**
     * With as many threads as the engine takes by itself.
     *
     * @param device where
     * @param precision how
     */
    public Compute(Place device, Precision precision) {
        this(device, precision, 0);
    }

    /** {@return the same with one thread: for what is computed beside training in the same process, see {@code trainer.threads}} */
    public Compute withOneThread() {
        return new Compute(device, precision, 1, frozenCacheBytes);
    }

    private static final int AMPERE = 80;

    /**
     * The fastest this machine offers: a GPU where CUDA shows one, and bfloat16 where the hardware computes it natively
     * (AMX, AVX512-BF16, a GPU of compute capability 8.0 or newer).
     *
     * @return what was found
     */
    public static Compute fastest() {
        Place place = hasGpu() ? Place.GPU : Place.CPU;
        return new Compute(place, fastestPrecision(place));
    }

    /**
     * The engine that computes, and who calls it; loads its native libraries, and unpacks them the first time.
     *
     * @return such as {@code PyTorch 2.7.1, DJL 0.36.0}
     */
    public static String engine() {
        return "PyTorch " + Engine.getEngine("PyTorch").getVersion() + ", DJL " + Engine.getDjlVersion();
    }

    /** {@return whether the engine sees a GPU} */
    public static boolean hasGpu() {
        return Engine.getEngine("PyTorch").getGpuCount() > 0;
    }

    /**
     * The fastest arithmetic of a device.
     *
     * @param place which
     * @return bfloat16 where it is native, else float32
     */
    public static Precision fastestPrecision(Place place) {
        boolean nativeHalf = switch (place) {
            case GPU -> Integer.parseInt(CudaUtils.getComputeCapability(0)) >= AMPERE;
            case CPU -> Processor.ofThisMachine().hasBfloat16();
        };
        return nativeHalf ? Precision.BFLOAT16 : Precision.FLOAT32;
    }

    Device djl() {
        return device == Place.GPU ? Device.gpu() : Device.cpu();
    }
}
