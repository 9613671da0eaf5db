package dev.millrace.app;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.millrace.registry.RecordSigner;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace registry keygen}: a new pair of keys. */
@Command(
        name = "keygen",
        description = {
            "Make a key pair to sign versions with, Ed25519 in PEM.",
            "FILE gets the private key, which only you may read; FILE.pub the public one. Nothing is overwritten."
        },
        footer = {
            "",
            "Examples:",
            "  millrace registry keygen --to trainer.key",
            "  millrace run --roles trainer --set registry.signing-key=trainer.key",
            "  millrace run --roles score --set registry.trusted-keys=trainer.key.pub"
        })
final class RegistryKeygenCommand implements Runnable {

    private final Surroundings around;

    @Mixin
    private final JsonOption json = new JsonOption();

    @Option(names = "--to", paramLabel = "FILE", required = true, description = "Where the private key goes.")
    private Path to = Path.of("");

    RegistryKeygenCommand(Surroundings around) {
        this.around = around;
    }

    @Override
    public void run() {
        Path file = around.directory().resolve(to);
        OutputFile.require("--to", file, "");
        try {
            RecordSigner signer = RecordSigner.generate(file);
            if (json.given()) {
                json.print(
                        around.out(),
                        JsonNodeFactory.instance
                                .objectNode()
                                .put("key", signer.keyId())
                                .put("privateFile", file.toString())
                                .put("publicFile", RecordSigner.publicFile(file).toString()));
                return;
            }
            around.out().println("Key " + signer.keyId());
            around.out().println("  private, for registry.signing-key   " + file);
            around.out().println("  public, for registry.trusted-keys   " + RecordSigner.publicFile(file));
            around.out().flush();
        } catch (FileAlreadyExistsException e) {
            throw new CommandException(e.getMessage() + " is there already, and a key is never overwritten", e);
        } catch (IOException e) {
            throw new CommandException("cannot write the keys: " + e, e);
        }
    }
}
