package dev.millrace.model;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.JniUtils;

/**
 * With how many threads libtorch computes what a thread of Java asks for.
 *
 * <p>Each thread of Java that has ever computed with several has its own helpers, which stay as long as it does. As soon as
 * there are more of them in the process than cores, libgomp no longer lets any of them spin while they wait for each other:
 * a training step then spends much of its time going to sleep and being woken. So what is not the step, loading and judging
 * beside it, computes with one.
 */
final class TorchThreads {

    private static final int OF_THE_ENGINE = ofTheEngine();

    private TorchThreads() {}

    private static int ofTheEngine() {
        Engine.getEngine("PyTorch");
        return JniUtils.getNumThreads();
    }

    /** {@return how many a call takes} */
    static int of(Compute compute) {
        return compute.threads() > 0 ? compute.threads() : OF_THE_ENGINE;
    }

    /**
     * From here on the calling thread computes with so many.
     *
     * @param threads at least 1
     */
    static void take(int threads) {
        // To be asked makes libtorch give a new thread the number that was set last, by whomever; later it would undo
        // this.
        if (JniUtils.getNumThreads() != threads) {
            JniUtils.setNumThreads(threads);
        }
    }
}
