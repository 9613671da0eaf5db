package dev.millrace.registry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.security.spec.InvalidKeySpecException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Accepts the versions that one of a few keys has signed, as {@link RecordSigner} tells. Immutable: files that change
 * later are not read again. Thread-safe.
 */
public final class TrustedKeys implements VersionTrust {

    private final Map<String, PublicKey> byId;

    private TrustedKeys(Map<String, PublicKey> byId) {
        this.byId = Map.copyOf(byId);
    }

    /**
     * Reads public keys.
     *
     * @param path a PEM file with one or more Ed25519 keys (X.509, {@code BEGIN PUBLIC KEY}), or a folder of nothing but
     *     such files, where hidden ones and folders are passed over
     * @return them, at least one
     * @throws KeyFileException if there is none, or something else
     * @throws IOException if a file cannot be read
     */
    public static TrustedKeys read(Path path) throws IOException {
        Map<String, PublicKey> byId = new TreeMap<>();
        for (Path file : files(path)) {
            for (byte[] x509 : Pem.read(file, Pem.PUBLIC_KEY)) {
                try {
                    PublicKey key = Ed25519.publicKey(x509);
                    byId.put(Ed25519.keyId(key), key);
                } catch (InvalidKeySpecException e) {
                    throw new KeyFileException(file + " holds a public key that is not of Ed25519", e);
                }
            }
        }
        if (byId.isEmpty()) {
            throw new KeyFileException("the folder " + path + " holds no key, so no version could be trusted", null);
        }
        return new TrustedKeys(byId);
    }

    private static List<Path> files(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return List.of(path);
        }
        try (Stream<Path> inside = Files.list(path)) {
            return inside.filter(Files::isRegularFile)
                    .filter(file -> !file.getFileName().toString().startsWith("."))
                    .sorted()
                    .toList();
        }
    }

    /**
     * Whose signatures are accepted.
     *
     * @return as in {@link RecordSignature#keyId()}
     */
    public Set<String> keyIds() {
        return byId.keySet();
    }

    @Override
    public void require(VersionRecord version) throws UntrustedVersionException {
        String which = "version " + version.version() + " of model " + version.model();
        RecordSignature signature = version.signature();
        if (signature == null) {
            throw new UntrustedVersionException(which + " is not signed, and only versions signed by a trusted key are"
                    + " accepted; give its trainer a signing key, or follow a version that is signed");
        }
        PublicKey key = byId.get(signature.keyId());
        if (key == null) {
            throw new UntrustedVersionException(which + " is signed by the key " + signature.keyId()
                    + ", which is not among the trusted ones; if it should be, add the public key to them and start"
                    + " again");
        }
        if (!isSignature(key, version, signature)) {
            throw new UntrustedVersionException(which + " is not what the key " + signature.keyId()
                    + " has signed: its record was changed, or carries the signature of another. Find out who may"
                    + " write to the registry's topic, and publish a new version");
        }
    }

    private static boolean isSignature(PublicKey key, VersionRecord version, RecordSignature signature) {
        try {
            byte[] value = Base64.getDecoder().decode(signature.value());
            // Base64 leaves bits of its last character unused: only one text of a signature is accepted.
            return Base64.getEncoder().encodeToString(value).equals(signature.value())
                    && Ed25519.isSignature(key, RecordSigner.signedBytes(version), value);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
