package dev.millrace.app;

import dev.millrace.registry.RecordSigner;
import dev.millrace.registry.TrustedKeys;
import dev.millrace.registry.VersionRecord;
import dev.millrace.registry.VersionTrust;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/** The keys that the settings name, read. */
final class Signing {

    private Signing() {}

    /**
     * What the trainer does to a record before it publishes it.
     *
     * @param registry of which {@code registry.signing-key} names the file, or none
     * @param directory that a relative path starts from
     * @return signs, or does nothing
     * @throws CommandException when the key cannot be used
     */
    static UnaryOperator<VersionRecord> signer(Settings.Registry registry, Path directory) {
        Path file = registry.signingKey();
        if (file == null) {
            return UnaryOperator.identity();
        }
        try {
            return RecordSigner.read(directory.resolve(file))::sign;
        } catch (IOException e) {
            throw unusable("registry.signing-key", e);
        }
    }

    /**
     * Whose versions are accepted.
     *
     * @param registry of which {@code registry.trusted-keys} names the file or folder, or none
     * @param directory that a relative path starts from
     * @return asks for a signature, or accepts all
     * @throws CommandException when a key cannot be used
     */
    static VersionTrust trust(Settings.Registry registry, Path directory) {
        Path path = registry.trustedKeys();
        if (path == null) {
            return VersionTrust.ANYONE;
        }
        try {
            return TrustedKeys.read(directory.resolve(path));
        } catch (IOException e) {
            throw unusable("registry.trusted-keys", e);
        }
    }

    private static CommandException unusable(String key, IOException cause) {
        return new CommandException(key + " cannot be used: " + cause.getMessage(), cause);
    }
}
