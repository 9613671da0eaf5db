package dev.millrace.registry;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.spec.InvalidKeySpecException;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Signs version records with one private key, with Ed25519 (RFC 8032).
 *
 * <p>What is signed: the line {@code millrace version record MODEL/VERSION} in UTF-8 and a line feed, then the JSON that
 * {@link RegistryJson} writes of the record without its signature. That JSON is the same bytes for the same record: one
 * line, fields in a fixed order, maps sorted by key, no field for what is null. Whoever verifies writes it anew from what
 * was read, so what was verified is what is used. A field that a reader does not know is therefore not covered, and a
 * record that was signed with one is refused by a reader that does not know it. The files are covered, for their SHA-256
 * stand in the record.
 *
 * <p>Thread-safe. The key is in no topic and no message.
 */
public final class RecordSigner {

    /** What is added to the name of a key's file for that of its public key. */
    public static final String PUBLIC_ENDING = ".pub";

    private static final String PURPOSE = "millrace version record ";
    private static final Set<PosixFilePermission> OWNER_ONLY =
            EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    private final KeyPair pair;
    private final String keyId;

    private RecordSigner(KeyPair pair) {
        this.pair = pair;
        this.keyId = Ed25519.keyId(pair.getPublic());
    }

    /**
     * Reads a private key.
     *
     * @param file one Ed25519 key, PKCS#8 in PEM, not encrypted, as {@link #generate} and OpenSSL's {@code genpkey} write
     *     it; where the file system knows of rights, nobody but the owner may have any
     * @return what signs with it
     * @throws KeyFileException if the file is missing, others may read or write it, or it holds anything else
     * @throws IOException if it cannot be read
     */
    public static RecordSigner read(Path file) throws IOException {
        requirePrivate(file);
        List<byte[]> keys = Pem.read(file, Pem.PRIVATE_KEY);
        if (keys.size() > 1) {
            throw new KeyFileException(file + " holds " + keys.size() + " keys; a version is signed by one", null);
        }
        try {
            return new RecordSigner(Ed25519.pair(keys.get(0)));
        } catch (InvalidKeySpecException e) {
            throw new KeyFileException(
                    file + " holds no Ed25519 key in PKCS#8; \"millrace registry keygen\" makes one", e);
        }
    }

    /**
     * Makes a new key and writes two files: the private key, which only the owner may read, and the public one, of the
     * same name with {@value #PUBLIC_ENDING} behind it. Neither may be there before.
     *
     * @param file for the private key
     * @return what signs with it
     * @throws FileAlreadyExistsException if one of the files is there; it is left as it is
     * @throws IOException if they cannot be written
     */
    public static RecordSigner generate(Path file) throws IOException {
        KeyPair pair = Ed25519.newPair();
        Path publicFile = publicFile(file);
        if (Files.exists(file)) {
            throw new FileAlreadyExistsException(file.toString());
        }
        // The public one first: what fails half-way leaves no private key behind.
        Files.writeString(
                publicFile,
                Pem.write(Pem.PUBLIC_KEY, pair.getPublic().getEncoded()),
                StandardCharsets.US_ASCII,
                StandardOpenOption.CREATE_NEW);
        createPrivate(file);
        Files.writeString(file, Pem.write(Pem.PRIVATE_KEY, pair.getPrivate().getEncoded()), StandardCharsets.US_ASCII);
        return new RecordSigner(pair);
    }

    /**
     * Where {@link #generate} writes the public key.
     *
     * @param file of the private one
     * @return a file beside it
     */
    public static Path publicFile(Path file) {
        return file.resolveSibling(file.getFileName() + PUBLIC_ENDING);
    }

    /**
     * Which key signs.
     *
     * @return as in {@link RecordSignature#keyId()}
     */
    public String keyId() {
        return keyId;
    }

    /**
     * Signs a record.
     *
     * @param version as it will be published; a signature that it has already is replaced
     * @return the same with its signature
     * @throws RegistryFormatException if a metric is not a finite number
     */
    public VersionRecord sign(VersionRecord version) {
        byte[] value = Ed25519.sign(pair.getPrivate(), signedBytes(version));
        return version.signed(new RecordSignature(keyId, Base64.getEncoder().encodeToString(value)));
    }

    static byte[] signedBytes(VersionRecord version) {
        byte[] purpose = (PURPOSE + RegistryKey.of(version) + "\n").getBytes(StandardCharsets.UTF_8);
        byte[] record = RegistryJson.write(version.signed(null));
        byte[] signed = Arrays.copyOf(purpose, purpose.length + record.length);
        System.arraycopy(record, 0, signed, purpose.length, record.length);
        return signed;
    }

    private static void createPrivate(Path file) throws IOException {
        if (knowsRights(file)) {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        } else {
            Files.createFile(file);
        }
    }

    private static void requirePrivate(Path file) throws IOException {
        if (!knowsRights(file)) {
            return;
        }
        Set<PosixFilePermission> rights;
        try {
            rights = Files.getPosixFilePermissions(file);
        } catch (NoSuchFileException e) {
            throw new KeyFileException("there is no key file " + file + "; \"millrace registry keygen\" makes one", e);
        }
        if (rights.stream().anyMatch(right -> !right.name().startsWith("OWNER_"))) {
            throw new KeyFileException(
                    file + " may be used by others than its owner (" + PosixFilePermissions.toString(rights)
                            + "), who could sign in its name: chmod 600 it, and make a new key if somebody has read it",
                    null);
        }
    }

    private static boolean knowsRights(Path file) {
        return file.getFileSystem().equals(FileSystems.getDefault())
                && file.getFileSystem().supportedFileAttributeViews().contains("posix");
    }
}
