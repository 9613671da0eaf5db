package dev.millrace.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;

/** The product of two large square matrices: how fast a machine can multiply at best. Not thread-safe. */
public final class MatrixProduct implements AutoCloseable {

    private static final int SIZE = 2048;
    private static final int FLOAT32 = 6;
    private static final int BFLOAT16 = 15;

    private final NDManager manager;
    private final TorchProgram program;
    private final NDList operands;

    /**
     * Draws the matrices.
     *
     * @param compute where, how, and with how many threads
     */
    public MatrixProduct(Compute compute) {
        manager = NDManager.newBaseManager(compute.djl(), "PyTorch");
        program = TorchProgram.resource(manager, "product.torchscript", compute);
        NDArray size = manager.create(SIZE);
        size.setName("size");
        NDArray type = manager.create(compute.precision() == Compute.Precision.BFLOAT16 ? BFLOAT16 : FLOAT32);
        type.setName("dtype");
        operands = program.call("operands", new NDList(size, type));
        operands.get(0).setName("a");
        operands.get(1).setName("b");
    }

    /** Multiplies once. */
    public void multiply() {
        program.call("product", operands).close();
    }

    /** {@return the multiplications and additions of one product} */
    public double operations() {
        return 2.0 * SIZE * SIZE * SIZE;
    }

    @Override
    public void close() {
        program.close();
        manager.close();
    }
}
