package dev.millrace.registry;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * Refuses files that are programs in the guise of data: Python's pickles, bare or in PyTorch's archives. Nothing here
 * would run one, but a loader that hands its files to another library must not find out what that does.
 */
final class Pickles {

    private static final Set<String> SUFFIXES =
            Set.of(".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib", "pytorch_model.bin");
    private static final int HEAD_BYTES = 9;

    private Pickles() {}

    /** Throws if a file's role says that it is a pickle. */
    static void refuseRole(String role) throws ArtifactException {
        String lower = role.toLowerCase(Locale.ROOT);
        if (SUFFIXES.stream().anyMatch(lower::endsWith)) {
            throw refused(role);
        }
    }

    /** Throws if a file is a pickle, or an archive with one inside. */
    static void refuse(String role, Path file) throws IOException {
        byte[] head;
        try (InputStream in = Files.newInputStream(file)) {
            head = in.readNBytes(HEAD_BYTES);
        }
        if (isPickle(head) || (isZip(head) && holdsPickle(file))) {
            throw refused(role);
        }
    }

    /** By the two bytes that protocols 2 to 5 begin with; the length of a safetensors header may begin so too. */
    private static boolean isPickle(byte[] head) {
        if (head.length < 2 || head[0] != (byte) 0x80 || head[1] < 2 || head[1] > 5) {
            return false;
        }
        boolean safetensors = head.length == HEAD_BYTES
                && head[4] == 0
                && head[5] == 0
                && head[6] == 0
                && head[7] == 0
                && head[8] == '{';
        return !safetensors;
    }

    private static boolean isZip(byte[] head) {
        return head.length > 3 && head[0] == 'P' && head[1] == 'K' && head[2] == 3 && head[3] == 4;
    }

    private static boolean holdsPickle(Path file) throws IOException {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            return zip.stream().anyMatch(entry -> entry.getName().endsWith(".pkl"));
        } catch (ZipException e) {
            // Half an archive: another library may make more of it than this one.
            return true;
        }
    }

    private static ArtifactException refused(String role) {
        return new ArtifactException("artifact '" + role
                + "' is a pickle or holds one, which is a program and not data; publish its tensors as safetensors");
    }
}
