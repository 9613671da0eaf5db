package dev.millrace.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A TorchScript program, kept as readable text and compiled by libtorch when it is loaded.
 *
 * <p>TorchScript reaches every operator of libtorch; DJL's own arrays reach a part of them, in float32. A call names a
 * method and hands over arrays, whose names say what they are: {@code p[]} is an element of the list {@code p}, any
 * other name is an argument of its own; arguments are matched in the order of their first appearance.
 *
 * <p>A program may be called by several threads at once. What it returns is ordinary memory that a later call may change
 * in place.
 */
public final class TorchProgram implements AutoCloseable {

    private static final byte[] EMPTY_TUPLE = {(byte) 0x80, 0x02, 0x29, 0x2E};

    private final PtSymbolBlock block;
    private final int threads;

    private TorchProgram(PtSymbolBlock block, int threads) {
        this.block = block;
        this.threads = threads;
    }

    /**
     * Compiles a program.
     *
     * @param manager owns it; its device is where the program's constants live
     * @param source TorchScript with one class named {@code Net}
     * @param compute with how many threads a call computes on the CPU
     * @return it
     * @throws IllegalArgumentException with libtorch's message when the source does not compile
     */
    public static TorchProgram compile(NDManager manager, String source, Compute compute) {
        try (InputStream archive = new ByteArrayInputStream(archive(source))) {
            return new TorchProgram(
                    JniUtils.loadModule((PtNDManager) manager, archive, false, false), TorchThreads.of(compute));
        } catch (IOException e) {
            throw new UncheckedIOException("an archive in memory cannot fail to be read", e);
        } catch (ai.djl.engine.EngineException e) {
            throw new IllegalArgumentException("The TorchScript program does not compile: " + e.getMessage(), e);
        }
    }

    /** Compiles the network program that ships with this module. */
    static TorchProgram network(NDManager manager, Compute compute) {
        return resource(manager, "network.torchscript", compute);
    }

    /** Compiles a program that ships with this module. */
    static TorchProgram resource(NDManager manager, String name, Compute compute) {
        try (InputStream in = TorchProgram.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is not on the class path");
            }
            return compile(manager, new String(in.readAllBytes(), StandardCharsets.UTF_8), compute);
        } catch (IOException e) {
            throw new UncheckedIOException(name + " cannot be read", e);
        }
    }

    /**
     * Runs a method.
     *
     * @param method its name
     * @param arguments named as the class comment says; the results belong to the manager of the first
     * @return the results, in order
     */
    public NDList call(String method, NDList arguments) {
        return call(method, arguments, threads);
    }

    /** The same with one thread, for what is loaded once, by a thread that may never compute. */
    NDList callWithOneThread(String method, NDList arguments) {
        return call(method, arguments, 1);
    }

    private NDList call(String method, NDList arguments, int threads) {
        prepareThread(threads);
        NDArray first = arguments.get(0);
        try (NDArray choice = first.getManager().create(0f)) {
            choice.setName("module_method:" + method);
            NDList all = new NDList(arguments);
            all.add(choice);
            return IValueUtils.forward(block, all, true);
        }
    }

    /**
     * All switches belong to the thread, not to the program. With the graph optimizer on, libtorch 2.7.1 computes wrong
     * gradients from the second call on; with gradient mode off, it computes none.
     */
    private static void prepareThread(int threads) {
        TorchThreads.take(threads);
        JniUtils.setGraphExecutorOptimize(false);
        JniUtils.setGradMode(true);
    }

    @Override
    public void close() {
        block.close();
    }

    private static byte[] archive(String source) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            store(zip, "m/data.pkl", netWithTrainingFlag());
            store(zip, "m/code/__torch__.py", source.getBytes(StandardCharsets.UTF_8));
            store(zip, "m/constants.pkl", EMPTY_TUPLE);
            store(zip, "m/version", "10\n".getBytes(StandardCharsets.US_ASCII));
        }
        return bytes.toByteArray();
    }

    /** The pickle of an object of class {@code Net} whose only attribute is {@code training = True}. */
    private static byte[] netWithTrainingFlag() throws IOException {
        ByteArrayOutputStream pickle = new ByteArrayOutputStream();
        pickle.write(new byte[] {(byte) 0x80, 0x02});
        pickle.write("c__torch__\nNet\n".getBytes(StandardCharsets.US_ASCII));
        pickle.write(new byte[] {')', (byte) 0x81, '}', '(', 'X', 8, 0, 0, 0});
        pickle.write("training".getBytes(StandardCharsets.US_ASCII));
        pickle.write(new byte[] {(byte) 0x88, 'u', 'b', '.'});
        return pickle.toByteArray();
    }

    private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(content);
        ZipEntry entry = new ZipEntry(name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }
}
